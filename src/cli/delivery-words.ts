import type { DeliveryStatus } from '../../domain/delivery';
import type { Colour } from './output';

export function deliveryColour(status: DeliveryStatus): Colour | undefined {
  switch (status) {
    case 'delivered':
      return 'green';
    case 'failed':
      return 'red';
    case 'retrying':
    case 'pending':
      return 'yellow';
    case 'held':
    case 'cancelled':
      return 'dim';
  }
}
