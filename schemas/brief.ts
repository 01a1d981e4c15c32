/** The brief: the Engineer's scoped reading of a task request. */
import { z } from 'zod'
import { idSchema, saidSchema } from './ids.ts'
import { complexitySchema } from './metadata.ts'
import { prioritySchema } from './states.ts'

export const questionSchema = z.strictObject({
  text: saidSchema('a question, in words'),
  blocking: z.boolean().describe('Whether the request waits for the answer.'),
  answer: z.string().nullable(),
  assumption: z.string().optional().describe('What is taken to be so where nobody answers.'),
})
export type Question = z.infer<typeof questionSchema>

export const briefSchema = z
  .strictObject({
    request_id: idSchema,
    intent: saidSchema('what the request is for, in words').describe('The request, restated.'),
    acceptance_criteria: z.array(saidSchema('something that can be checked')).min(1),
    priority: prioritySchema,
    complexity: complexitySchema,
    risks: z.array(z.string()),
    questions: z.array(questionSchema).describe('Numbered from 1 where an operator answers them.'),
  })
  .meta({ title: 'Brief', description: 'What the Engineer makes of a task request before it is split.' })
export type Brief = z.infer<typeof briefSchema>

/** Returns the questions a request waits for. */
export const blockingQuestions = (brief: Brief): Question[] =>
  brief.questions.filter((question) => question.blocking && question.answer === null)
