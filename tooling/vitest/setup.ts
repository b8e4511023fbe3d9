import fc from 'fast-check'

/** Every run tries the same cases, unless it is told another seed: a failure is a seed, not a rumour. */
fc.configureGlobal({ seed: Number(process.env.EVERGRANT_SEED ?? 20_260_101) })
