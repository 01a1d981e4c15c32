/** A review for as long as its view is there; the editor is loaded first, because it holds the texts. */
import { useEffect, useState } from 'react'
import { useStore as useZustand } from 'zustand'
import { languageOf } from '../editor/languages.ts'
import type * as Monaco from '../editor/monaco.ts'
import type { EditorDoc } from '../editor/merge-editor.ts'
import { useApp, useStore } from '../state/hooks.ts'
import { folderOf } from '../state/store.ts'
import { stringDoc, type ResultDoc } from './doc.ts'
import { openSession, type FileState, type ReviewState, type Session } from './session.ts'

export type EditorModule = Pick<typeof Monaco, 'createDoc' | 'mountMergeEditor'>

export interface OpenReview {
  session: Session
  /** Null where the editor could not be loaded. */
  module: EditorModule | null
}

export const isEditorDoc = (doc: ResultDoc | null): doc is EditorDoc => doc !== null && 'model' in doc

const font = (): Promise<unknown> =>
  document.fonts.load("12px 'JetBrains Mono Variable'").catch(() => undefined)

export function useSession(
  id: number,
  offered: (file: FileState, index: number) => readonly string[],
): OpenReview | null {
  const app = useApp()
  const folder = useStore((state) => folderOf(state.workspace))
  const [open, setOpen] = useState<OpenReview | null>(null)
  useEffect(() => {
    let gone = false
    let module: EditorModule | null = null
    const ready = Promise.all([import('../editor/monaco.ts').catch(() => null), font()]).then(
      ([loaded]) => void (module = loaded),
    )
    const session = openSession({
      api: app.api,
      clock: app.clock,
      id,
      tab: crypto.randomUUID(),
      makeDoc: (result, path) =>
        module === null ? stringDoc(result, path) : module.createDoc(result, languageOf(path)),
      ready,
      offered,
    })
    // The editor is loaded while what it is to show is read.
    void session.open()
    void ready.then(() => !gone && setOpen({ session, module }))
    // What was typed last is sent before the page goes, or sleeps.
    const hide = (): void => void session.settle()
    window.addEventListener('pagehide', hide)
    document.addEventListener('visibilitychange', hide)
    return () => {
      gone = true
      window.removeEventListener('pagehide', hide)
      document.removeEventListener('visibilitychange', hide)
      session.close()
      setOpen(null)
    }
  }, [app, id, folder, offered])
  return open
}

export const useReview = <T>(session: Session, pick: (state: ReviewState) => T): T =>
  useZustand(session.store, pick)
