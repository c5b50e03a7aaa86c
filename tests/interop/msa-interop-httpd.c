/* msa-interop-httpd.c: Apache httpd with a configuration for tests
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "interop/msa-interop-httpd.h"

#include "interop/msa-interop-batch.h"

#include <glib/gstdio.h>
#include <string.h>

static const char *const modules[] = {
  "mpm_event", "authz_core", "alias", "autoindex", "cgid", "dav", "dav_fs", "deflate",
  "dir", "env", "filter", "headers", "ratelimit", "reflector", "rewrite",
  "socache_shmcb", "ssl"
};

/* A child closes idle connections when all its threads are busy: it has more than the tests that
 * count connections have of these. */
static const char main_part[] =
    "DefaultRuntimeDir .\n"
    "PidFile pid\n"
    "ErrorLog error.log\n"
    "ServerName localhost\n"
    "DocumentRoot .\n"
    "DavLockDB dav-locks/lock\n"
    "ListenBacklog 4096\n"
    "StartServers 1\n"
    "ServerLimit 1\n"
    "ThreadLimit 256\n"
    "ThreadsPerChild 256\n"
    "MinSpareThreads 1\n"
    "MaxSpareThreads 512\n"
    "MaxRequestWorkers 256\n"
    "AsyncRequestWorkerFactor 8\n"
    "MaxKeepAliveRequests 0\n"
    "KeepAliveTimeout 60\n"
    "EnableMMAP off\n"
    "EnableSendfile on\n"
    "Header always set X-Connection expr=%{REMOTE_PORT}\n"
    "<Location />\n"
    "  Options +Indexes\n"
    "  IndexOptions FancyIndexing HTMLTable\n"
    "</Location>\n"
    "ScriptSock cgi-socket\n"
    "ScriptAlias /chunked ./cgi/file\n"
    "ScriptAlias /slow-chunked ./cgi/file\n"
    "Alias /slow/ ./files/\n"
    "<LocationMatch ^/slow>\n"
    "  SetOutputFilter RATE_LIMIT\n"
    "  SetEnv rate-limit 64\n"
    "</LocationMatch>\n"
    "Alias /gzip/ ./files/\n"
    "<Location /gzip/>\n"
    "  SetOutputFilter DEFLATE\n"
    "</Location>\n"
    "<Location /echo>\n"
    "  SetHandler reflector\n"
    "</Location>\n"
    "<Location /dav/>\n"
    "  Dav on\n"
    "</Location>\n"
    "<Location /picky/>\n"
    "  Dav on\n"
    "  RewriteEngine on\n"
    "  RewriteCond %{HTTP:Expect} .\n"
    "  RewriteRule .* - [R=417]\n"
    "</Location>\n"
    "SSLSessionCache shmcb:sessions(512000)\n"
    "SSLCertificateFile good.pem\n"
    "SSLCertificateKeyFile good.key\n"
    "SSLCACertificateFile ca.pem\n";

/* What a program writes has no length, and is sent in chunks. */
static const char script[] =
    "#!/bin/sh\n"
    "printf 'Content-Type: application/octet-stream\\n\\n'\n"
    "exec cat ../files/$PATH_INFO\n";

static const char *const port_settings[] = {
  [MSA_INTEROP_WEB_PLAIN] = "",
  [MSA_INTEROP_WEB_TLS] = "SSLEngine on\n",
  [MSA_INTEROP_WEB_TLS_1_2] = "SSLEngine on\nSSLProtocol TLSv1.2\n",
  [MSA_INTEROP_WEB_TLS_1_3] = "SSLEngine on\nSSLProtocol TLSv1.3\n",
  [MSA_INTEROP_WEB_CLIENT] = "SSLEngine on\nSSLVerifyClient require\nSSLVerifyDepth 3\n",
  [MSA_INTEROP_HTTPD_TEN] = "MaxKeepAliveRequests 10\n",
  [MSA_INTEROP_HTTPD_BRIEF] = "KeepAliveTimeout 1ms\n",
};

static void
write_script (MsaInteropServer *server)
{
  g_autofree char *path = msa_interop_server_get_path (server, "cgi/file");

  msa_interop_server_write (server, "cgi/file", script, strlen (script));
  g_assert_cmpint (g_chmod (path, 0755), ==, 0);
}

static void
write_config (MsaInteropServer *server)
{
  g_autoptr (GString) config = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (modules); i++)
    g_string_append_printf (config, "LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n",
                            modules[i], modules[i]);
  g_string_append (config, main_part);
  for (guint i = 0; i < G_N_ELEMENTS (port_settings); i++)
    {
      guint port = msa_interop_server_get_port (server, i);

      g_string_append_printf (config,
                              "Listen 127.0.0.1:%u\n"
                              "<VirtualHost 127.0.0.1:%u>\n%s</VirtualHost>\n",
                              port, port, port_settings[i]);
    }
  msa_interop_server_write (server, "httpd.conf", config->str, config->len);
}

static GStrv
configure_httpd (MsaInteropServer *server,
                 gpointer pki)
{
  const char *const args[] = { "-d", ".", "-f", "httpd.conf", "-DFOREGROUND", NULL };

  write_config (server);
  write_script (server);
  msa_interop_server_write_good_cert (server, pki);
  msa_interop_write_files (server, "files");
  msa_interop_server_write_sparse (server, "files/large", MSA_INTEROP_LARGE_BYTES);
  msa_interop_server_write_sparse (server, "files/huge", MSA_INTEROP_HUGE_BYTES);
  msa_interop_server_make_folder (server, "dav");
  msa_interop_server_make_folder (server, "dav-locks");
  msa_interop_server_make_folder (server, "picky");

  return g_strdupv ((char **) args);
}

const MsaInteropKind msa_interop_httpd = {
  .program = "apache2",
  .n_ports = MSA_INTEROP_HTTPD_N_PORTS,
  .configure = configure_httpd,
  .ready_file = "pid",
};

MsaInteropServer *
msa_interop_httpd_start (MsaTestPki *pki)
{
  return msa_interop_server_start (&msa_interop_httpd, pki);
}
