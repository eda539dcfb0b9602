// Next.js asks this file about its configuration when NEXT_ADAPTER_PATH names it: it gets devserve's hosts as well.
const hosts = (process.env.DEVSERVE_HOSTS ?? "").split(",").filter(Boolean);

export default {
  name: "devserve",
  modifyConfig: (config) => ({ ...config, allowedDevOrigins: [...(config.allowedDevOrigins ?? []), ...hosts] }),
};
