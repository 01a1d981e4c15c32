import { defineConfig } from 'electron-vite'

export default defineConfig({
  main: {
    build: {
      target: 'node22',
      rolldownOptions: {
        input: {
          index: 'main/index.ts',
          cli: 'main/cli/main.ts',
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
})
