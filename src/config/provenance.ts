// Where each setting of the effective configuration comes from, kept next to the values and printed behind them.

/**
 * By the setting's path as portico.yaml spells it (formatPath): 'default', 'file:line', 'flag --listen',
 * 'detected', 'command line'.
 */
export type Provenance = Readonly<Record<string, string>>
