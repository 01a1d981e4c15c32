@echo off
rem The command line of the installed app: the runtime that is installed with it, as a plain Node.
setlocal
set ELECTRON_RUN_AS_NODE=1
"%~dp0..\..\Hyperion.exe" "%~dp0..\app.asar\out\main\cli.js" %*
exit /b %ERRORLEVEL%
