import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'src/**/*.test.ts',
            'test/wire/**/*.test.ts',
            'test/config/**/*.test.ts',
            'test/docs/**/*.test.ts',
            'test/http1/**/*.test.ts',
            'test/fuzz/**/*.test.ts',
          ],
        },
      },
      {
        test: {
          name: 'server',
          include: ['test/server/**/*.test.ts', 'test/conformance/**/*.test.ts', 'test/package/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // They wait more than they work: as many at once as those that measure time allow.
          maxWorkers: 4,
        },
      },
      {
        test: {
          name: 'fuzz',
          include: ['test/fuzz/**/*.long.ts'],
        },
      },
      {
        test: {
          name: 'peers',
          include: ['test/conformance/peers.compare.ts', 'test/http1/peers.compare.ts'],
        },
      },
    ],
  },
})
