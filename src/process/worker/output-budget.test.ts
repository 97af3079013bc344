import { describe, expect, it } from 'vitest'
import { OutputBudget } from './output-budget.ts'

describe('OutputBudget', () => {
  it('admits so many lines a second and counts the others', () => {
    const budget = new OutputBudget({ linesPerSecondCount: 2, bytesPerSecondCount: 100 })
    expect([budget.admit(1, 0), budget.admit(1, 1), budget.admit(1, 2)]).toEqual([true, true, false])
    expect(budget.takeDropped()).toBe(1)
    expect(budget.takeDropped()).toBe(0)
    expect(budget.admit(1, 999)).toBe(false)
    expect(budget.admit(1, 1000)).toBe(true)
  })

  it('admits so many bytes a second', () => {
    const budget = new OutputBudget({ linesPerSecondCount: 100, bytesPerSecondCount: 10 })
    expect([budget.admit(6, 0), budget.admit(4, 0), budget.admit(1, 0)]).toEqual([true, true, false])
  })
})
