/** The application that every platform knows. */
export const PLATFORM_APP = { id: 'sandbox-app-id', secret: 'sandbox-app-secret-0001' } as const
