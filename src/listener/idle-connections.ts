// The connections that do nothing, the longest idle first: those that go when room is needed. A list through the
// connections themselves, so that a request costs two assignments, and ten thousand of them no search.

/** What a connection carries to be in the list. */
export interface IdleNode<Node> {
  /** It has had its chance to speak; a connection that has just come has not. */
  readonly idle: boolean
  idleBefore: Node | undefined
  idleAfter: Node | undefined
}

/** How many that have just come are passed over in the search. */
const looks = 100

export class IdleConnections<Node extends IdleNode<Node>> {
  #first: Node | undefined
  #last: Node | undefined

  /** It is idle from now on; the last to go. */
  add(node: Node): void {
    this.remove(node)
    node.idleBefore = this.#last
    if (this.#last === undefined) this.#first = node
    else this.#last.idleAfter = node
    this.#last = node
  }

  /** It has something to do, or is gone; nothing happens when it is not in the list. */
  remove(node: Node): void {
    const { idleBefore, idleAfter } = node
    if (idleBefore === undefined && this.#first !== node) return
    if (idleBefore === undefined) this.#first = idleAfter
    else idleBefore.idleAfter = idleAfter
    if (idleAfter === undefined) this.#last = idleBefore
    else idleAfter.idleBefore = idleBefore
    node.idleBefore = node.idleAfter = undefined
  }

  /** Takes the one that has been idle for the longest; undefined when there is none. */
  take(): Node | undefined {
    let node = this.#first
    for (let looked = 0; node !== undefined && looked < looks; looked++, node = node.idleAfter) {
      if (!node.idle) continue
      this.remove(node)
      return node
    }
    return undefined
  }
}
