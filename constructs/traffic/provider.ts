import type { Construct } from 'constructs';
import type { ServiceSpec, TrafficState } from '../canary-spec.ts';
import type { Limit, Routed } from './limits.ts';
import type { TracksProps } from './services.ts';

export interface RouteProps extends TracksProps {
  /** What the routes are to say; the weights must sum to 100. */
  readonly state: TrafficState;
}

export interface GeneratedObject {
  readonly kind: string;
  readonly name: string;
}

/** How a routing provider puts the routes of a canary into objects of its own, beside the Services. */
export interface TrafficProvider {
  /** What a route needs before it can lead to the tracks; no request follows it. */
  addTracks(scope: Construct, props: TracksProps): void;
  /** The routing object, as the default child of the scope. */
  addRoute(scope: Construct, props: RouteProps): void;
  /** The objects of a service beside its Services. */
  objects(service: ServiceSpec): readonly GeneratedObject[];
  /** What is asked of the routes and cannot be done; everything else can. */
  limits(routed: Routed): readonly Limit[];
}
