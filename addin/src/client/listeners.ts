/** A set of callbacks; `add` gives the function that takes the callback away again. */
export class Listeners<Arguments extends unknown[]> {
  private readonly callbacks = new Set<(...args: Arguments) => void>();

  add(callback: (...args: Arguments) => void): () => void {
    this.callbacks.add(callback);
    return () => this.callbacks.delete(callback);
  }

  call(...args: Arguments): void {
    for (const callback of [...this.callbacks]) callback(...args);
  }
}
