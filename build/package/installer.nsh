; The command line on the user's PATH, for as long as the app is installed.
!macro pathOfUser ACTION
  nsExec::ExecToLog 'powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File "$INSTDIR\resources\bin\path.ps1" -Folder "$INSTDIR\resources\bin" ${ACTION}'
  Pop $0
!macroend

!macro customInstall
  !insertmacro pathOfUser ""
!macroend

!macro customUnInstall
  !insertmacro pathOfUser "-Remove"
!macroend
