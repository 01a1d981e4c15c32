/** Configurations that cannot be read, and what is said of each. */
export const CONFIG = 'hyperion.config.json'

export const WRONG_CONFIGS = [
  { name: 'broken JSON', text: '{ "workers": ', says: /hyperion\.config\.json(?: in the target)?:1:\d+: / },
  {
    name: 'a wrong type',
    text: '{ "workers": { "count": "two" } }',
    says: /workers\.count takes a whole number from 1 to 64, got "two"/,
  },
  { name: 'an unknown key', text: '{ "colour": 1 }', says: /colour is not a key that belongs here/ },
] as const
