/**
 * The words of which Compose's own errors are made (compose-go: loader, schema, types, interpolation, template, dotenv;
 * yaml; docker/compose), and the operating system's for a file. A value may be one of them, and then tells nobody
 * anything.
 */
export const WORDS: ReadonlySet<string> = new Set(
  `a additional after alias all allowed already also an anchor and another any are array as at attribute
  attributes bad be been before bind block boolean both but by cannot cast character circular collection column
  com com.docker.compose.project config configs configuration conflict conflicting conflicts contain container
  contains context could create cycle daemon declared decode decoding default defaulting defined denied depends
  depends_on deprecated did directory disallowed docker does driver duplicate duration either element elements
  empty end env env_file environment error errors escape exactly exceed exclusive execute exist exists expand
  expected expecting extend extends external failed file files flow for format found from git greater group has
  have host ignored implicit in include included integer interpolating interpolation into invalid is it items
  key keys label labels least length less limit list load loading local longer main mapping mappings match
  matches maximum may merge merging minimum missing model models more most mount multiple must name named need
  needs network network_mode networks no node non-empty none not null number numeric object obsolete of on one
  only open option options or other override overrides parent parse parsing pass path pattern permission plain
  please port ports positive project property protocol provided quoted range read reading reference refers
  remote remove required resolve resource same scalar scan scanning schema secret secrets section sequence
  service service_started services set should size some spec specified specify start starts stat string struct
  such supported syntax tab tag than that the this time timeout to token top-level type types unable undefined
  unexpected unique unit unknown unmarshal unset unsupported unterminated until up use used using valid validate
  validating value values variable version volume volumes was which while wildcard will with within without
  would yaml you your`.split(/\s+/),
);
