import type { Row } from "./row-table.js";
import type { Run } from "./run.js";

/**
 * A concurrent program in which threads communicate only through one list of messages, each thread holding views (positions
 * in that list) that bound what it may still read and where it may write: the shape of Promising-ARM and its kin.
 *
 * The engine owns the list; the model says what one thread does in one step. Wherever that depends on the order of two messages, the
 * step must say so (`Run.later`, `Run.compare`; `Run.write` does for what it writes), and say which message of another thread it
 * reads, fetches or takes (`Run.pick`): see `Independence`.
 */
export interface ThreadModel<State, Message> {
  readonly threads: number;
  initial(thread: number): State;
  copy(state: State): State;
  /** Appends everything that distinguishes two states: what it leaves out cannot matter to any later step. */
  encode(state: State, row: Row): void;
  /** Performs one step on `state`, in place. Choices, writes and blocking go through `run`. */
  step(thread: number, state: State, run: Run<Message>): void;
  /** Nothing is left to do for this thread (given the messages in `run.memory`). */
  finished(thread: number, state: State, run: Run<Message>): boolean;
  /** What is to be remembered of a finished thread; equal strings are one outcome. */
  outcome(thread: number, state: State): string;
  /**
   * The outcome as data that has the same meaning to another model of the same program. Left out where the outcome itself has: where it does
   * not name anything by a number that only this model knows.
   */
  sent?(outcome: string): unknown;
  /** Whose message it is. */
  author(message: Message): number;
  /** Equal strings are equal messages. */
  identity(message: Message): string;
  /**
   * A view that this promised message must be later than, whatever the thread does next: 0 when nothing is known, infinite when the thread
   * will not write it any more, in whatever order the messages are.
   */
  promiseFloor(thread: number, state: State, message: Message, run: Run<Message>): number;
  /** Does the thread's behaviour depend on this message of another thread? May grow as steps touch more of the world. */
  relevant(thread: number, message: Message): boolean;
  /**
   * Messages of which this is the same differ in nothing but who wrote them: a thread that wrote neither cannot tell them apart. Where this
   * is left out, or undefined, a message is like no other.
   */
  likeness?(message: Message): string | undefined;
  /** Does the order of the two messages matter beyond the threads that notice both: to what memory holds in the end? */
  ordered(one: Message, other: Message): boolean;
  /**
   * Groups of threads that run the same program from the same state. Twins must notice the same: `relevant` must not depend on which of them
   * is asked about a message and its renamed one, nor whether another one or itself has met with what makes it relevant.
   */
  readonly twins?: readonly Twins[];
  /** The message with every thread that is in it renamed: `names[thread]`. */
  renamed?(message: Message, names: readonly number[]): Message;
  /** Changes whenever `relevant` may have begun to answer `true` where it said `false` before. */
  relevance(thread: number): number;
}

/** Threads with one program. `interchangeable` where no thread's program names one of them: then renaming them changes no other thread's runs. */
export interface Twins {
  readonly threads: readonly number[];
  readonly interchangeable: boolean;
}

/**
 * A model that another one of the same program, perhaps in a worker, can share the work with. Messages must be data that can be sent as they
 * are; outcomes and what threads race for may be named by numbers that only this model knows, so they have a form to be sent in.
 */
export interface PortableModel<State, Message> extends ThreadModel<State, Message> {
  /** What threads were seen to notice so far: all that `relevant` goes by. */
  noticed(): unknown;
  /** Takes in what the other model's threads were seen to notice. */
  notice(noticed: unknown): void;
  sent(outcome: string): unknown;
  /** An outcome as it was sent. */
  received(outcome: unknown): string;
  /** What a thread raced for, to be sent. */
  sentKey(key: number): unknown;
  /** What a thread raced for, as it was sent. */
  receivedKey(key: unknown): number;
}
