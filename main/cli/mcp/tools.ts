/** The tools of `hyperion mcp`: what each is called, takes, answers and does. */
import type { CallToolResult, Tool } from '@modelcontextprotocol/sdk/types.js'
import { z } from 'zod'
import {
  changeOutcomeSchema,
  listChangesSchema,
  listedChangesSchema,
  showChangeSchema,
  submitChangeSchema,
  submittedSchema,
} from '../../../schemas/mcp.ts'
import {
  asHyperionError,
  inertJson,
  userError,
  type Engine,
  type HyperionError,
  type Submitter,
} from '../../engine/engine.ts'

type Answer = Record<string, unknown>

interface Offer {
  tool: Tool
  act(args: unknown, signal: AbortSignal): Answer | Promise<Answer>
}

/** A schema as clients read it: their validators know older drafts, which have the same words for all that is used. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Tool['inputSchema'] {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, reused: 'inline' })
  return json as Tool['inputSchema']
}

const READS = { readOnlyHint: true, openWorldHint: false }

function offersOf({ submissions }: Engine, by: Submitter): Offer[] {
  const only = by.taskId === null ? '' : ` Only task ${by.taskId} may be handed in here.`
  return [
    {
      tool: {
        name: 'submit_change',
        title: 'Submit a change',
        description:
          'Hands in finished work as one change: what happens to each file, never a diff. It is judged at once; a refusal ' +
          'says what to correct, and nothing is queued then. What is accepted waits in a merge queue that checks it and lands ' +
          `it as one commit on its own branch; no checkout is touched. Ask show_change what became of it.${only}`,
        inputSchema: jsonSchema(submitChangeSchema, 'input'),
        outputSchema: jsonSchema(submittedSchema, 'output'),
        annotations: {
          readOnlyHint: false,
          destructiveHint: false,
          idempotentHint: true,
          openWorldHint: false,
        },
      },
      act: (args, signal) => submissions.submit(args, by, signal),
    },
    {
      tool: {
        name: 'list_changes',
        title: 'List changes',
        description: 'Changes in the queue, of all agents, a summary of each, the newest last.',
        inputSchema: jsonSchema(listChangesSchema, 'input'),
        outputSchema: jsonSchema(listedChangesSchema, 'output'),
        annotations: READS,
      },
      act: (args) => ({ changes: submissions.list(args) }),
    },
    {
      tool: {
        name: 'show_change',
        title: 'Show a change',
        description:
          'What became of one change: its state, what it waits for, verdicts of guard and checks with the end of what they ' +
          'printed, paths in conflict, decisions of people with their reasons, the commit it landed as. States that stay: ' +
          'applied (it has landed), failed, cancelled; conflict and held wait for a person.',
        inputSchema: jsonSchema(showChangeSchema, 'input'),
        outputSchema: jsonSchema(changeOutcomeSchema, 'output'),
        annotations: READS,
      },
      act: (args) => submissions.show(args),
    },
  ]
}

/** A refusal as the result of a tool, for the model to read and repair. */
export function refusalResult({ code, message, hint }: HyperionError): CallToolResult {
  return { isError: true, content: [{ type: 'text', text: inertJson({ code, message, hint }) }] }
}

export interface Tools {
  list: Tool[]
  /** Never rejects: what goes wrong is a result, too. */
  call(name: string, args: unknown, signal: AbortSignal): Promise<CallToolResult>
}

/** `onBug` hears what nobody foresaw. */
export function openTools(engine: Engine, by: Submitter, onBug: (thrown: unknown) => void): Tools {
  const offers = new Map(offersOf(engine, by).map((offer) => [offer.tool.name, offer]))
  return {
    list: [...offers.values()].map(({ tool }) => tool),
    async call(name, args, signal) {
      try {
        const offer = offers.get(name)
        if (offer === undefined) {
          const said = `name takes one of ${[...offers.keys()].join(', ')}, not ${JSON.stringify(name.slice(0, 80))}`
          throw userError('no_such_tool', said)
        }
        const answer = await offer.act(args, signal)
        return { content: [{ type: 'text', text: inertJson(answer) }], structuredContent: answer }
      } catch (thrown) {
        const error = asHyperionError(thrown)
        if (error.kind === 'bug') onBug(thrown)
        return refusalResult(error)
      }
    },
  }
}
