import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'
import type { Plugin } from 'vite'

/** The page is also what deep links answer, so its files are named from the root; the bundler insists on `./`. */
const fromTheRoot: Plugin = {
  name: 'from-the-root',
  enforce: 'post',
  config: (config) => {
    config.base = '/'
  },
}

// `externalizeDeps` off: only better-sqlite3 stays outside the bundle.
export default defineConfig({
  main: {
    build: {
      license: { fileName: 'licenses.json' },
      target: 'node22',
      rolldownOptions: {
        input: {
          index: 'main/index.ts',
          cli: 'main/cli/main.ts',
          serve: 'main/serve.ts',
          worker: 'main/worker/worker.ts',
        },
        external: ['better-sqlite3'],
        output: { format: 'es', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
      externalizeDeps: false,
      minify: false,
      sourcemap: false,
    },
  },
  preload: {
    build: {
      rolldownOptions: {
        input: { index: 'preload/index.ts' },
        // The sandbox loads CommonJS only, and one file.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
      minify: false,
      sourcemap: false,
    },
  },
  renderer: {
    root: 'renderer',
    plugins: [react(), fromTheRoot],
    worker: { format: 'es' },
    build: {
      outDir: 'out/renderer',
      license: { fileName: 'licenses.json' },
      target: 'chrome140',
      minify: true,
      sourcemap: false,
      // Fonts and icons stay files: a data: URL in CSS would be loaded whether it is used or not.
      assetsInlineLimit: 0,
      rolldownOptions: { input: 'renderer/index.html' },
    },
  },
})
