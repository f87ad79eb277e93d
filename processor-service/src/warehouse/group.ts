/** The consumer group of the warehouse role. */
export const warehouseGroup = (prefix: string): string => `${prefix}landed-warehouse`;
