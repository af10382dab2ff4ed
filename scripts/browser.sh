# Sourced: brings Debian's package $browser (Chromium without windows) where it can be brought.
browser=${browser:-chromium-headless-shell}
if [ ! -x "/usr/bin/$browser" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing $browser …"
  (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$browser" fonts-liberation) >/dev/null 2>&1 ||
    echo "$browser could not be installed; where there is no other Chromium, browser tests will be skipped."
fi
