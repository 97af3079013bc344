// Names of variables that some shell takes for its own, complains about or changes, so that none can be told to hand them on.

const names =
  /^(LC_[A-Z]+|LANG|LANGUAGE|BASH(OPTS|PID|_[A-Z]+)?|E?UID|PPID|GROUPS|(OLD)?PWD|SHLVL|SHELLOPTS|S?RANDOM|SECONDS|EPOCH(SECONDS|REALTIME)|LINENO|OPT(ARG|ERR|IND)|IFS|DIRSTACK|FUNCNAME|HISTCMD|PIPESTATUS|POSIXLY_CORRECT|_)$/

export function isShellName(name: string): boolean {
  return names.test(name)
}
