/* msa-interop-nginx.c: nginx with a configuration for tests
 *
 * One process without a master: it goes at one signal, and what it has open goes with it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "interop/msa-interop-nginx.h"

#include "interop/msa-interop-batch.h"

static const char main_part[] =
    "daemon off;\n"
    "master_process off;\n"
    "pid pid;\n"
    "error_log stderr notice;\n"
    "events {\n"
    "  worker_connections 4096;\n"
    "}\n"
    "http {\n"
    "  access_log off;\n"
    "  log_not_found off;\n"
    "  client_body_temp_path tmp;\n"
    "  proxy_temp_path tmp;\n"
    "  fastcgi_temp_path tmp;\n"
    "  uwsgi_temp_path tmp;\n"
    "  scgi_temp_path tmp;\n"
    "  default_type application/octet-stream;\n"
    "  sendfile on;\n"
    "  keepalive_requests 100000;\n"
    "  client_max_body_size 64m;\n"
    "  ssl_session_cache shared:tickets:1m;\n"
    "  add_header X-Connection $connection always;\n";

static const char locations[] =
    "    root .;\n"
    "    location /ten/ {\n"
    "      alias files/;\n"
    "      keepalive_requests 10;\n"
    "    }\n"
    "    location /brief/ {\n"
    "      alias files/;\n"
    "      keepalive_timeout 1ms;\n"
    "    }\n"
    "    location /chunked/ {\n"
    "      alias files/;\n"
    "      ssi on;\n"
    "      ssi_types *;\n"
    "    }\n"
    "    location /gzip/ {\n"
    "      alias files/;\n"
    "      gzip on;\n"
    "      gzip_types *;\n"
    "      gzip_min_length 1;\n"
    "    }\n"
    "    location /slow/ {\n"
    "      alias files/;\n"
    "      limit_rate 64k;\n"
    "    }\n"
    "    location /slow-chunked/ {\n"
    "      alias files/;\n"
    "      ssi on;\n"
    "      ssi_types *;\n"
    "      limit_rate 64k;\n"
    "    }\n"
    "    location /dav/ {\n"
    "      dav_methods PUT DELETE;\n"
    "    }\n"
    "    location /picky/ {\n"
    "      if ($http_expect) {\n"
    "        return 417;\n"
    "      }\n"
    "      dav_methods PUT DELETE;\n"
    "    }\n"
    "    location /refuse {\n"
    "      return 403;\n"
    "    }\n"
    "    location /empty {\n"
    "      return 204;\n"
    "    }\n"
    "  }\n";

static void
write_bad_certs (MsaInteropServer *server,
                 MsaTestPki *pki)
{
  const MsaTestCertSpec wrong_name = {
    .common_name = "wrong",
    .dns = { "example.org" },
    .ip = { "127.0.0.2" },
  };
  const MsaTestCertSpec expired = {
    .common_name = "expired",
    .dns = { "localhost" },
    .ip = { "127.0.0.1" },
    .validity = MSA_TEST_EXPIRED,
  };

  msa_interop_server_write_cert (server, "wrong-name", pki, &wrong_name);
  msa_interop_server_write_cert (server, "expired", pki, &expired);
}

static const struct
{
  const char *cert; /* (nullable): no TLS */
  const char *settings;
} ports[] = {
  [MSA_INTEROP_WEB_PLAIN] = { NULL, "" },
  [MSA_INTEROP_WEB_TLS] = { "good", "" },
  [MSA_INTEROP_WEB_TLS_1_2] = { "good", "    ssl_protocols TLSv1.2;\n" },
  [MSA_INTEROP_WEB_TLS_1_3] = { "good", "    ssl_protocols TLSv1.3;\n" },
  [MSA_INTEROP_WEB_CLIENT] = { "good", "    ssl_verify_client on;\n"
                                       "    ssl_verify_depth 3;\n"
                                       "    ssl_client_certificate ca.pem;\n" },
  [MSA_INTEROP_NGINX_WRONG_NAME] = { "wrong-name", "    access_log access.log;\n" },
  [MSA_INTEROP_NGINX_EXPIRED] = { "expired", "    access_log access.log;\n" },
};

/* What /slow/ pauses for is too long for the one that passes it on. */
static void
append_starving (GString *config,
                 MsaInteropServer *server)
{
  g_string_append_printf (config,
                          "    location /starving/ {\n"
                          "      proxy_pass http://127.0.0.1:%u/slow/;\n"
                          "      proxy_buffering off;\n"
                          "      proxy_read_timeout 20ms;\n"
                          "    }\n",
                          msa_interop_server_get_port (server, MSA_INTEROP_WEB_PLAIN));
}

static void
append_port (GString *config,
             MsaInteropServer *server,
             guint port_index)
{
  const char *cert = ports[port_index].cert;

  g_string_append_printf (config, "  server {\n    listen 127.0.0.1:%u backlog=4096%s;\n",
                          msa_interop_server_get_port (server, port_index),
                          cert != NULL ? " ssl" : "");
  if (cert != NULL)
    g_string_append_printf (config,
                            "    ssl_certificate %s.pem;\n"
                            "    ssl_certificate_key %s.key;\n",
                            cert, cert);
  g_string_append (config, ports[port_index].settings);
  append_starving (config, server);
  g_string_append (config, locations);
}

static GStrv
configure_nginx (MsaInteropServer *server,
                 gpointer pki)
{
  const char *const args[] = { "-p", ".", "-c", "nginx.conf", "-e", "stderr", NULL };
  g_autoptr (GString) config = g_string_new (main_part);

  for (guint i = 0; i < G_N_ELEMENTS (ports); i++)
    append_port (config, server, i);
  g_string_append (config, "}\n");
  msa_interop_server_write (server, "nginx.conf", config->str, config->len);

  msa_interop_server_write_good_cert (server, pki);
  write_bad_certs (server, pki);
  msa_interop_write_files (server, "files");
  msa_interop_server_write_sparse (server, "files/large", MSA_INTEROP_LARGE_BYTES);
  msa_interop_server_write_sparse (server, "files/huge", MSA_INTEROP_HUGE_BYTES);
  msa_interop_server_make_folder (server, "dav");
  msa_interop_server_make_folder (server, "picky");

  return g_strdupv ((char **) args);
}

const MsaInteropKind msa_interop_nginx = {
  .program = "nginx",
  .n_ports = MSA_INTEROP_NGINX_N_PORTS,
  .configure = configure_nginx,
  .ready_file = "pid",
};

MsaInteropServer *
msa_interop_nginx_start (MsaTestPki *pki)
{
  return msa_interop_server_start (&msa_interop_nginx, pki);
}
