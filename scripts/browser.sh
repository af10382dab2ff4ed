# Sourced: brings Debian's package $browser (Chromium without windows). As root a browser that cannot be brought is an
# error, so that no gate passes without its browser tests; others are told what they miss, and those tests are skipped.
browser=${browser:-chromium-headless-shell}
if [ ! -x "/usr/bin/$browser" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing $browser …"
  (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$browser" fonts-liberation) >/dev/null 2>&1 ||
    [ -x /usr/bin/chromium ] || { echo "$browser could not be installed: apt-get install $browser says why." >&2; exit 1; }
fi
