/**
 * The desktop's runtime as the app needs it, and no further (https://www.electronjs.org/docs/latest/tutorial/fuses).
 *
 * The installed command line and the workers are this runtime as a plain Node; nothing from outside may make it load
 * other code or listen for a debugger.
 */
export const FUSES = {
  runAsNode: true,
  enableCookieEncryption: false,
  enableNodeOptionsEnvironmentVariable: false,
  enableNodeCliInspectArguments: false,
  enableEmbeddedAsarIntegrityValidation: true,
  onlyLoadAppFromAsar: true,
  loadBrowserProcessSpecificV8Snapshot: false,
  grantFileProtocolExtraPrivileges: false,
}
