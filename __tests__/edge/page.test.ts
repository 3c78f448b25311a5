import { describe, expect, it } from '@jest/globals';
import { filesOf, isHashed } from '../../src/edge/page.js';

const PAGE = new URL('http://localhost/');

describe('the name of a file', () => {
  it.each([
    '/assets/index-DiwrgTda.js',
    '/assets/index-BqT_d-1w.css',
    '/static/js/main.3f2a9c1b.js',
    '/static/css/main.3f2a9c1b.chunk.css',
    '/static/admin/css/base.55e7cbb9ba48.css',
    '/_next/static/chunks/main-app-0123456789abcdef.js',
    '/_next/static/css/9c1b3f2a55e7.css',
    '/build/3f2a9c1b4d5e6f708192.js',
    '/assets/inter-latin-400-normal-C38fXH4l.woff2',
    '/out/app-5RTQK7MX.js',
  ])('%s has a hash of its content', (path) => {
    expect(isHashed(path)).toBe(true);
  });

  it.each([
    '/favicon.ico',
    '/js/bootstrap-datepicker.js',
    '/js/jquery.min.js',
    '/js/jquery-3.7.1.min.js',
    '/css/style.css',
    '/apple-touch-icon-180x180.png',
    '/report-20240101.pdf',
    '/site.webmanifest',
    '/img/background-landscape.jpg',
    '/lib/jquery-DataTables.js',
    '/',
  ])('%s has none', (path) => {
    expect(isHashed(path)).toBe(false);
  });
});

describe('the files that a page names', () => {
  it('are those that a browser loads, of its own site', () => {
    const html = `<!doctype html><html><head>
      <link rel="icon" href="/favicon.ico"><link rel="canonical" href="https://example.com/">
      <link rel=stylesheet href='/assets/index-BqT0d-1w.css'>
      <link rel="modulepreload" crossorigin href="./assets/vendor-C38fXH4l.js">
      <link rel="preconnect" href="https://fonts.example.net">
      <script type="module" crossorigin src="/assets/index-DiwrgTda.js"></script>
      <script src="https://cdn.example.net/x-3f2a9c1b.js"></script>
      <!-- <script src="/assets/old-3f2a9c1b.js"></script> -->
      </head><body><a href="/about.html">about</a>
      <img alt="a > b" src="https://example.com/logo.png?v=2&amp;w=1"><img src="data:image/png;base64,AAAA">
      </body></html>`;
    expect(filesOf(html, PAGE, new URL('https://example.com/'))).toEqual({
      hashed: [
        '/assets/index-BqT0d-1w.css',
        '/assets/vendor-C38fXH4l.js',
        '/assets/index-DiwrgTda.js',
      ],
      plain: ['/favicon.ico', '/logo.png?v=2&w=1'],
    });
  });

  it('are found below the page, or below its <base>', () => {
    const page = new URL('http://localhost/app/');
    expect(filesOf('<img src="a.png">', page, undefined).plain).toEqual(['/app/a.png']);
    const html = '<base href="/x/"><img src="a.png">';
    expect(filesOf(html, page, undefined).plain).toEqual(['/x/a.png']);
  });

  it('are none of what is no page', () => {
    expect(filesOf('{"src": "a.js"}', PAGE, undefined)).toEqual({ hashed: [], plain: [] });
  });
});
