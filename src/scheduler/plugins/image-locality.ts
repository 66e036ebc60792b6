import { MAX_SCORE, type SchedulerPlugin } from '../framework.js';

const MB = 1024 * 1024;
const SMALLEST = 23 * MB;
const LARGEST = 1000 * MB;

/** Nodes that have a pod's images are liked better, the more so the larger the images and the fewer nodes lack them. */
export const imageLocality: SchedulerPlugin = {
  name: 'ImageLocality',
  helpedBy: [],
  score: (pod, snapshot, feasible) => {
    if (!feasible.some((node) => node.images.size > 0)) return undefined;
    const { containers, initContainers = [], volumes = [] } = pod.spec;
    const images = [...initContainers, ...containers].map(({ image = '' }) => normalized(image));
    for (const { image } of volumes) if (image?.reference) images.push(normalized(image.reference));
    const owners = new Map(images.map((image) => [image, [...snapshot.nodes()].filter((node) => node.images.has(image)).length]));
    const most = LARGEST * (initContainers.length + containers.length);
    return {
      weight: 1,
      score: (node) => {
        const sum = images.reduce((total, image) => total + Math.floor(((node.images.get(image) ?? 0) * (owners.get(image) ?? 0)) / snapshot.size), 0);
        return Math.floor((MAX_SCORE * (Math.min(Math.max(sum, SMALLEST), most) - SMALLEST)) / (most - SMALLEST));
      },
    };
  },
};

/** An image without a tag means `latest`. */
function normalized(image: string): string {
  return image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image;
}
