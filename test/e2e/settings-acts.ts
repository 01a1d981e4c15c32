/** The rows of Settings, as the browser tests find them. */
import type { Locator, Page } from 'playwright-core'

export const settingRow = (page: Page, section: string, label: string): Locator =>
  page
    .locator(`#section-${section} > div`)
    .filter({ has: page.getByRole('heading', { name: label, exact: true, level: 3 }) })
