/** A process that writes a report over and over, of ever another length, until it is ended. Usage: FOLDER NAME */
import { writeWhole } from '../../main/engine/reports/files.ts'

const [folder = '', name = ''] = process.argv.slice(2)
for (let n = 0; ; n += 1) {
  await writeWhole(folder, name, JSON.stringify({ n, text: 'x'.repeat((n * 7919) % 100_000) }))
  if (n === 3) process.stdout.write('writing\n')
}
