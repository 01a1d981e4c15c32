/** Files that are dragged over a place, and dropped there. */
import { useRef, useState, type DragEvent, type DragEventHandler } from 'react'

export interface FileDrop {
  /** Whether they are over the place now. */
  over: boolean
  /** What the place listens to. */
  on: Record<'onDragEnter' | 'onDragLeave' | 'onDragOver' | 'onDrop', DragEventHandler>
}

const carriesFiles = ({ dataTransfer }: DragEvent): boolean => dataTransfer.types.includes('Files')

export function useFileDrop(take: (files: FileList) => void): FileDrop {
  /** Each element within is entered and left on the way. */
  const depth = useRef(0)
  const [over, setOver] = useState(false)
  const step =
    (by: number): DragEventHandler =>
    (event) => {
      if (!carriesFiles(event)) return
      event.preventDefault()
      depth.current = Math.max(0, depth.current + by)
      setOver(depth.current > 0)
    }
  return {
    over,
    on: {
      onDragEnter: step(1),
      onDragLeave: step(-1),
      onDragOver: step(0),
      onDrop(event) {
        if (!carriesFiles(event)) return
        event.preventDefault()
        // A place within another one takes what is dropped on it.
        event.stopPropagation()
        depth.current = 0
        setOver(false)
        take(event.dataTransfer.files)
      },
    },
  }
}
