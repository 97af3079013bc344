import { expect, it } from 'vitest'
import { PasswordQueue } from './password-queue.ts'

/** A check that ends when the test says so. */
function heldCheck() {
  const asked: string[] = []
  const answers: ((right: boolean) => void)[] = []
  const check = ({ password }: { readonly password: string }) => {
    asked.push(password)
    return new Promise<boolean>((resolve) => answers.push(resolve))
  }
  const answer = async (right: boolean) => {
    answers.shift()?.(right)
    await new Promise(setImmediate)
  }
  return { asked, check, answer }
}

const job = (
  password: string,
  done: (right: boolean | undefined) => void = () => {},
  wanted = () => true,
) => ({
  password,
  hash: '',
  done,
  wanted,
})

it('checks one password at a time, the clients in turn', async () => {
  const { asked, check, answer } = heldCheck()
  const queue = new PasswordQueue(check)
  for (const password of ['a1', 'a2', 'a3']) queue.add('10.0.0.1', job(password))
  queue.add('10.0.0.2', job('b1'))
  expect(asked).toEqual(['a1'])
  for (let i = 0; i < 4; i++) await answer(false)
  expect(asked).toEqual(['a1', 'a2', 'b1', 'a3'])
})

it('refuses a client that has too many waiting, and not the others', () => {
  const queue = new PasswordQueue(heldCheck().check)
  const taken = Array.from({ length: 20 }, (_, i) => queue.add('10.0.0.1', job(String(i))))
  expect(taken.filter(Boolean).length).toBe(9)
  expect(queue.add('10.0.0.2', job('x'))).toBe(true)
})

it('holds a number of all clients together, and room that nobody wants any more is free again', () => {
  let wanted = true
  const queue = new PasswordQueue(heldCheck().check)
  let count = 0
  while (
    queue.add(
      `10.0.${count >> 8}.${count & 255}`,
      job(
        'x',
        () => {},
        () => wanted,
      ),
    )
  )
    count++
  expect(count).toBe(257)
  wanted = false
  expect(queue.add('10.9.9.9', job('x'))).toBe(true)
})

it('does not check what nobody waits for, and tells when a check has failed', async () => {
  const asked: string[] = []
  const queue = new PasswordQueue(({ password }) => {
    asked.push(password)
    return Promise.reject(new Error('gone'))
  })
  const seen: unknown[] = []
  queue.add(
    '::1',
    job('a', (right) => seen.push(right)),
  )
  queue.add(
    '::1',
    job(
      'b',
      (right) => seen.push(right),
      () => false,
    ),
  )
  queue.add(
    '::1',
    job('c', (right) => seen.push(right)),
  )
  await new Promise(setImmediate)
  expect(asked).toEqual(['a', 'c'])
  expect(seen).toHaveLength(3)
})
