import { defineConfig } from 'electron-vite'

// Only the main side exists so far; preload and renderer join with the desktop app.
export default defineConfig({
  main: {
    build: {
      target: 'node22',
      rolldownOptions: {
        input: {
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
})
