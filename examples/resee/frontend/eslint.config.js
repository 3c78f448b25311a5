import js from '@eslint/js';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

export default tseslint.config({ ignores: ['dist'] }, js.configs.recommended, {
  files: ['**/*.{ts,tsx}'],
  extends: [...tseslint.configs.strictTypeChecked],
  plugins: { 'react-hooks': reactHooks },
  rules: reactHooks.configs.recommended.rules,
  languageOptions: {
    parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
  },
});
