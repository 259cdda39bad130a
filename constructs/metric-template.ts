import type { ApiObject, ApiObjectMetadata } from 'cdk8s';
import { Construct } from 'constructs';
import { MetricTemplate as MetricTemplateObject } from '../imports/flagger.app.ts';
import type { MetricServer } from './metric-server.ts';
import { requireText } from './property-error.ts';

export interface MetricTemplateProps {
  /** @default - a name made of the construct's path, in the chart's namespace */
  readonly metadata?: ApiObjectMetadata;

  /** Who answers. */
  readonly server: MetricServer;

  /**
   * What is asked, as a template of Go's: `{{ namespace }}`, `{{ target }}`, `{{ interval }}`,
   * `{{ variables.key }}` and so on. It must give one number.
   */
  readonly query: string;
}

/**
 * A `flagger.app/v1beta1` MetricTemplate: a question that several canaries can ask about themselves.
 *
 * @example
 * const errors = new MetricTemplate(chart, 'errors', {
 *   server: MetricServer.prometheus({ address: 'http://prometheus.monitoring:9090' }),
 *   query: 'sum(rate(errors_total{app="{{ target }}"}[{{ interval }}]))',
 * });
 * canary.addMetric(MetricCheck.template({ template: errors, max: 1 }));
 */
export class MetricTemplate extends Construct {
  /** The MetricTemplate object. */
  readonly apiObject: ApiObject;

  /** @throws PropertyError for an empty query. */
  constructor(scope: Construct, id: string, props: MetricTemplateProps) {
    super(scope, id);
    const { metadata, server, query } = props;
    requireText('query', query);
    this.apiObject = new MetricTemplateObject(this, 'Resource', {
      ...(metadata === undefined ? {} : { metadata }),
      spec: { provider: server._toKube(), query },
    });
  }

  get name(): string {
    return this.apiObject.name;
  }

  get namespace(): string | undefined {
    return this.apiObject.metadata.namespace;
  }
}
