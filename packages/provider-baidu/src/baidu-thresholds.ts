import type { AnomalyThresholds } from '@evergrant/core/anomalies'

const CHINA_AHEAD_MS = 28_800_000

/**
 * What an anomaly watch has to know of the platform: the codes that mean a wrong key or a used-up quota, and that its
 * day begins at midnight in China. `watchAnomalies(source, { thresholds: { ...BAIDU_THRESHOLDS, callsPerDayMax } })`.
 */
export const BAIDU_THRESHOLDS: Pick<AnomalyThresholds, 'credentialCodes' | 'quotaCodes' | 'dayOffsetMs'> = {
  credentialCodes: ['14', '23', '101', '40002'],
  quotaCodes: ['17', '19', '3305'],
  dayOffsetMs: CHINA_AHEAD_MS,
}
