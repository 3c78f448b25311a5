import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { release } from './src/release';

export default defineConfig({
  plugins: [
    react(),
    {
      name: 'release-in-page',
      // So that the page itself tells which release it is of, to a person and to a check.
      transformIndexHtml: () => [
        { tag: 'meta', attrs: { name: 'release', content: release }, injectTo: 'head' },
      ],
    },
  ],
  server: { proxy: { '/api': 'http://localhost:8000' } },
});
