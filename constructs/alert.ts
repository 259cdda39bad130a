import type { ApiObject, ApiObjectMetadata } from 'cdk8s';
import { Construct } from 'constructs';
import {
  AlertProvider as AlertProviderObject,
  AlertProviderSpecType,
  type CanarySpecAnalysisAlerts,
  CanarySpecAnalysisAlertsSeverity,
} from '../imports/flagger.app.ts';
import type { AlertService, AlertSeverity } from './canary-spec.ts';
import { PropertyError, requireText } from './property-error.ts';

export interface AlertProviderProps {
  /** @default - a name made of the construct's path, in the chart's namespace */
  readonly metadata?: ApiObjectMetadata;

  /** `webhook` is Serin's own: where Flagger's definitions are installed, they refuse it. */
  readonly service: AlertService;

  /**
   * Where alerts are posted. Whoever knows it can write there, so prefer a Secret.
   *
   * @default - `secretName` is given instead
   */
  readonly address?: string;

  /**
   * A Secret beside the provider with the key `address` and, for Slack's API, `token`.
   *
   * @default - `address` is given instead
   */
  readonly secretName?: string;

  /** @default 'general' */
  readonly channel?: string;

  /** @default 'flagger' */
  readonly username?: string;

  /**
   * An HTTP proxy on the way to the service.
   *
   * @default - none
   */
  readonly proxy?: string;
}

const SERVICES: Readonly<Record<AlertService, AlertProviderSpecType>> = {
  slack: AlertProviderSpecType.SLACK,
  msteams: AlertProviderSpecType.MSTEAMS,
  discord: AlertProviderSpecType.DISCORD,
  rocket: AlertProviderSpecType.ROCKET,
  gchat: AlertProviderSpecType.GCHAT,
  webhook: AlertProviderSpecType.WEBHOOK,
};

/** A `flagger.app/v1beta1` AlertProvider: a channel that canaries can send alerts to. */
export class AlertProvider extends Construct {
  /** The AlertProvider object. */
  readonly apiObject: ApiObject;

  /** @throws PropertyError for addresses that are none, and for both or neither of address and Secret. */
  constructor(scope: Construct, id: string, props: AlertProviderProps) {
    super(scope, id);
    requireOneAddress(props);
    const { metadata, service, address, secretName, channel, username, proxy } = props;
    this.apiObject = new AlertProviderObject(this, 'Resource', {
      ...(metadata === undefined ? {} : { metadata }),
      spec: {
        type: SERVICES[service],
        ...(address === undefined ? {} : { address }),
        ...(secretName === undefined ? {} : { secretRef: { name: secretName } }),
        ...(channel === undefined ? {} : { channel }),
        ...(username === undefined ? {} : { username }),
        ...(proxy === undefined ? {} : { proxy }),
      },
    });
  }

  get name(): string {
    return this.apiObject.name;
  }

  get namespace(): string | undefined {
    return this.apiObject.metadata.namespace;
  }
}

function requireOneAddress({ address, secretName, channel, username, proxy }: AlertProviderProps) {
  if (address !== undefined && secretName !== undefined) {
    const rule = 'address is given too, and Flagger refuses both';
    throw new PropertyError('secretName', secretName, rule, 'keep one of them');
  }
  if (address === undefined && secretName === undefined) {
    const rule = 'there is no address either, so nobody would be told';
    throw new PropertyError('secretName', undefined, rule, 'name a Secret with the key address');
  }
  for (const [property, text] of Object.entries({ secretName, channel, username })) {
    if (text !== undefined) requireText(property, text);
  }
  for (const [property, written] of Object.entries({ address, proxy })) {
    if (written === undefined) continue;
    if (URL.canParse(written) && /^https?:$/.test(new URL(written).protocol)) continue;
    const rule = 'it must be a whole http or https address';
    throw new PropertyError(
      property,
      '(not shown)',
      rule,
      'write for example https://hooks.example/',
    );
  }
}

/** An AlertProvider that is made elsewhere. */
export interface AlertProviderReference {
  readonly name: string;

  /** @default - the canary's namespace */
  readonly namespace?: string | undefined;
}

export interface AlertOptions {
  /** @default - the provider's name */
  readonly name?: string;

  /**
   * What is at least this severe is told: `info` is everything, `warn` also what needs approval,
   * `error` what failed.
   *
   * @default 'info'
   */
  readonly severity?: AlertSeverity;
}

const SEVERITIES: Readonly<Record<AlertSeverity, CanarySpecAnalysisAlertsSeverity>> = {
  info: CanarySpecAnalysisAlertsSeverity.INFO,
  warn: CanarySpecAnalysisAlertsSeverity.WARN,
  error: CanarySpecAnalysisAlertsSeverity.ERROR,
};

/** Who is told of a canary, and of how much. */
export class Alert {
  /** @throws PropertyError for an empty name. */
  static to(provider: AlertProvider | AlertProviderReference, options: AlertOptions = {}): Alert {
    return new Alert(provider, options);
  }

  readonly #provider: AlertProviderReference;
  readonly #options: Required<AlertOptions>;

  private constructor(
    { name: providerName, namespace }: AlertProviderReference,
    { name = providerName, severity = 'info' }: AlertOptions,
  ) {
    requireText('name', name);
    requireText('provider.name', providerName);
    this.#provider = { name: providerName, namespace };
    this.#options = { name, severity };
  }

  /**
   * The severity is always written: Flagger never sends an alert without one.
   *
   * @internal
   */
  _toKube(): CanarySpecAnalysisAlerts {
    const { name, namespace } = this.#provider;
    return {
      name: this.#options.name,
      severity: SEVERITIES[this.#options.severity],
      providerRef: { name, ...(namespace === undefined ? {} : { namespace }) },
    };
  }
}
