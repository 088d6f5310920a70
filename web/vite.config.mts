import { defineConfig } from 'vite';
import { mantineByFile } from './mantine-by-file.mts';

/** The dashboard is built into dist/web, from where the gateway serves it. `npm run web` serves it while it is worked on. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [mantineByFile()],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // Small files inlined as data: URLs would need a hole in the content security policy.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      // The libraries mark their files for React's server components, which there are none of here.
      onwarn: (warning, warn) => {
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
      },
    },
  },
  server: {
    port: 5173,
    proxy: { '/api': process.env['ESX_URL'] ?? 'http://127.0.0.1:3000' },
  },
});
