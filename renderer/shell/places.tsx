/** The places of the rail: name, key after `g`, icon. */
import {
  FileText,
  Hammer,
  House,
  Inbox,
  LayoutList,
  MessageSquareText,
  Package,
  ScrollText,
  Settings,
} from 'lucide-react'
import type { ReactNode } from 'react'
import type { View } from '../router.ts'

export interface Place {
  view: View
  label: string
  key: string
  icon: ReactNode
}

const size = 16

export const PLACES: readonly Place[] = [
  { view: 'home', label: 'Home', key: 'h', icon: <House size={size} /> },
  { view: 'inbox', label: 'Inbox', key: 'i', icon: <Inbox size={size} /> },
  { view: 'requests', label: 'Requests', key: 'r', icon: <MessageSquareText size={size} /> },
  { view: 'queue', label: 'Queue', key: 'q', icon: <LayoutList size={size} /> },
  { view: 'logs', label: 'Logs', key: 'l', icon: <ScrollText size={size} /> },
  { view: 'files', label: 'Files', key: 'f', icon: <FileText size={size} /> },
  { view: 'cast-builder', label: 'Cast builder', key: 'c', icon: <Hammer size={size} /> },
  { view: 'skills', label: 'Skills', key: 'k', icon: <Package size={size} /> },
  { view: 'settings', label: 'Settings', key: 's', icon: <Settings size={size} /> },
]

export const labelOf = (view: View): string => PLACES.find((place) => place.view === view)?.label ?? view
