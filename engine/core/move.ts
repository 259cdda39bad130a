/** What is left of a unit on the branch that it moves away from. */
export type Leaving =
  | 'gone'
  /** As it always was: pruning would delete its objects. */
  | 'plain'
  /** Its objects are told to outlive their file. */
  | 'kept';

/** What has come of it on the branch that it moves to. */
export type Arriving = 'nothing' | 'same' | 'other';

export interface MoveState {
  readonly leaving: Leaving;
  readonly arriving: Arriving;
  /** Whether the agent of each branch has applied what stands there now. */
  readonly isApplied: { readonly from: boolean; readonly to: boolean };
}

export type MoveStep =
  /** Have it kept where it stands, and bring it to where it belongs. */
  | { readonly kind: 'bring' }
  | { readonly kind: 'leave' }
  | { readonly kind: 'settle' }
  | { readonly kind: 'wait'; readonly why: string };

/**
 * What moves a canary from one delivery branch to another without any of its objects being gone for a
 * moment. While two agents apply the same file, whoever was last owns the object, and whoever owns it
 * when the file goes away would delete it: so objects are told to outlive their file before any file
 * goes away, on both branches, and until both agents have seen it go. Each step follows from what
 * stands in Git and has been applied, so that an engine can be killed anywhere.
 */
export function moveStep({ leaving, arriving, isApplied }: MoveState): MoveStep {
  if (leaving === 'plain') return { kind: 'bring' };
  if (leaving === 'kept') {
    if (arriving !== 'same') return { kind: 'bring' };
    if (isApplied.from && isApplied.to) return { kind: 'leave' };
    const where = isApplied.to ? 'the branch it leaves' : 'the branch it moves to';
    return { kind: 'wait', why: `for the agent to apply ${where}` };
  }
  return isApplied.from
    ? { kind: 'settle' }
    : { kind: 'wait', why: 'for the agent to let go of it on the branch it left' };
}
