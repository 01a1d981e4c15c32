# Puts a folder on the user's PATH, or takes it off; every other entry stays as it is written.
param([Parameter(Mandatory)][string]$Folder, [switch]$Remove)
$ErrorActionPreference = 'Stop'
$key = [Microsoft.Win32.Registry]::CurrentUser.CreateSubKey('Environment')
# Read unexpanded: an entry like %USERPROFILE%\bin is to stay one.
$value = [string]$key.GetValue('Path', '', [Microsoft.Win32.RegistryValueOptions]::DoNotExpandEnvironmentNames)
$entries = @($value.Split(';') | Where-Object { $_ -ne '' -and $_.TrimEnd('\') -ne $Folder.TrimEnd('\') })
if (-not $Remove) { $entries += $Folder }
$key.SetValue('Path', ($entries -join ';'), [Microsoft.Win32.RegistryValueKind]::ExpandString)
$key.Close()
# Setting a variable tells every open program that the environment is another one.
[Environment]::SetEnvironmentVariable('HYPERION_INSTALLED', $null, 'User')
