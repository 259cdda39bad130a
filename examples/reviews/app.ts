import { App } from 'cdk8s';
import { Reviews } from './chart.ts';

const app = new App();
new Reviews(app);
app.synth();
