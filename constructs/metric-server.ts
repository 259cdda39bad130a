import {
  type MetricTemplateSpecProvider,
  MetricTemplateSpecProviderType as Type,
} from '../imports/flagger.app.ts';
import { requireAddress, requireText } from './property-error.ts';

export interface MetricServerOptions {
  /**
   * A Secret beside the template with the credentials; the factory says under which keys.
   *
   * @default - none: the server is open
   */
  readonly secretName?: string;

  /**
   * Takes any certificate.
   *
   * @default false
   */
  readonly insecureSkipVerify?: boolean;
}

export interface AddressedServerOptions extends MetricServerOptions {
  readonly address: string;
}

export interface PrometheusOptions extends AddressedServerOptions {
  /** @default - none */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

export interface ExternalMetricsOptions extends MetricServerOptions {
  /** @default - the engine's cluster, asked with the engine's rights */
  readonly address?: string;
}

/** A server that nobody is let in to without credentials. */
export interface SecuredServerOptions extends MetricServerOptions {
  readonly secretName: string;

  /** @default - the provider's own */
  readonly address?: string;
}

export interface SecuredAddressOptions extends SecuredServerOptions {
  readonly address: string;
}

export interface CloudwatchOptions {
  /** Such as `eu-west-1`. */
  readonly region: string;
}

/** Who answers the query of a MetricTemplate. */
export class MetricServer {
  /** The Secret holds `token`, or `username` and `password`. */
  static prometheus({ headers, ...options }: PrometheusOptions): MetricServer {
    const lists = Object.entries(headers ?? {}).map(
      ([name, value]) => [name, typeof value === 'string' ? [value] : [...value]] as const,
    );
    const sent = headers === undefined ? {} : { headers: Object.fromEntries(lists) };
    return new MetricServer(Type.PROMETHEUS, { ...options, ...sent });
  }

  /** The Secret holds `datadog_api_key` and `datadog_application_key`. */
  static datadog(options: SecuredServerOptions): MetricServer {
    return new MetricServer(Type.DATADOG, options);
  }

  /** The Secret holds `newrelic_account_id` and `newrelic_query_key`. */
  static newRelic(options: SecuredServerOptions): MetricServer {
    return new MetricServer(Type.NEWRELIC, options);
  }

  /** The Secret holds `username` and `password`. */
  static graphite(options: AddressedServerOptions): MetricServer {
    return new MetricServer(Type.GRAPHITE, options);
  }

  /** The Secret holds `token` and `org`. */
  static influxdb(options: AddressedServerOptions): MetricServer {
    return new MetricServer(Type.INFLUXDB, options);
  }

  /** The Secret holds `dynatrace_token`. */
  static dynatrace(options: SecuredAddressOptions): MetricServer {
    return new MetricServer(Type.DYNATRACE, options);
  }

  /** Asked with the credentials of the engine's pod. */
  static cloudwatch(options: CloudwatchOptions): MetricServer {
    requireText('region', options.region);
    return new MetricServer(Type.CLOUDWATCH, options);
  }

  /** The Secret holds `project` and, outside of Google Cloud, `serviceAccountKey`. */
  static stackdriver(options: SecuredServerOptions): MetricServer {
    return new MetricServer(Type.STACKDRIVER, options);
  }

  /** The Secret holds `sf_token_key`. */
  static splunk(options: SecuredAddressOptions): MetricServer {
    return new MetricServer(Type.SPLUNK, options);
  }

  /** The external metrics API, the cluster's own without an address; the Secret holds `token`. */
  static externalMetrics(options: ExternalMetricsOptions = {}): MetricServer {
    return new MetricServer(Type.EXTERNALMETRICS, options);
  }

  readonly #provider: MetricTemplateSpecProvider;

  private constructor(
    type: Type,
    options: Omit<MetricTemplateSpecProvider, 'type' | 'secretRef'> & {
      readonly secretName?: string;
    },
  ) {
    const { secretName, ...rest } = options;
    if (secretName !== undefined) requireText('secretName', secretName);
    // Splunk's stream has an address of its own, and people write that one too.
    const schemes = type === Type.SPLUNK ? /^(http|ws)s?:$/ : undefined;
    if (rest.address !== undefined) requireAddress('address', rest.address, schemes);
    this.#provider = {
      type,
      ...rest,
      ...(secretName === undefined ? {} : { secretRef: { name: secretName } }),
    };
  }

  /** @internal */
  _toKube(): MetricTemplateSpecProvider {
    return this.#provider;
  }
}
