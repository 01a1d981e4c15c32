import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'

// `externalizeDeps` off: only better-sqlite3 stays outside the bundle.
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
  renderer: {
    root: 'renderer',
    base: '/',
    plugins: [react()],
    worker: { format: 'es' },
    build: {
      outDir: 'out/renderer',
      target: 'chrome140',
      minify: true,
      sourcemap: false,
      // Fonts and icons stay files: a data: URL in CSS would be loaded whether it is used or not.
      assetsInlineLimit: 0,
      rolldownOptions: { input: 'renderer/index.html' },
    },
  },
})
