import type { AlertReceiver, AlertSeverity } from '../../constructs/canary-spec.ts';
import type { Phase } from '../core/phase.ts';

/** Brings alerts to people. Trouble is an answer, never an exception. */
export interface Notifier {
  send(
    alert: Alert,
    receiver: AlertReceiver,
    credentials: AlertCredentials,
  ): Promise<NotifyOutcome>;
}

/** One thing that people should know of a canary, once its commit stands on the delivery branch. */
export interface Alert {
  readonly name: string;
  readonly namespace: string;
  readonly severity: AlertSeverity;
  readonly message: string;
  readonly fields: readonly AlertField[];
  readonly phase: Phase;
  /** The same for all alerts of one run, its restarts included: where they can be, they are one thread. */
  readonly run: string;
  readonly revision: string;
  /** The decision's commit on the delivery branch; what is only waited for has none. */
  readonly commit?: string;
  readonly atMs: number;
}

export interface AlertField {
  readonly name: string;
  readonly value: string;
}

/** Both are secrets: whoever knows the address of a chat webhook can write there. */
export interface AlertCredentials {
  readonly address: string;
  readonly token?: string;
}

export type NotifyOutcome =
  | { readonly kind: 'sent' }
  /** `why` holds neither address nor token. */
  | { readonly kind: 'failed'; readonly why: string };
