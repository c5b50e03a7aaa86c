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

static void
append_listen (GString *config,
               MsaInteropServer *server,
               guint port_index,
               const char *cert)
{
  g_string_append_printf (config, "  server {\n    listen 127.0.0.1:%u backlog=4096%s;\n",
                          msa_interop_server_get_port (server, port_index),
                          cert != NULL ? " ssl" : "");
  if (cert != NULL)
    g_string_append_printf (config,
                            "    ssl_certificate %s.pem;\n"
                            "    ssl_certificate_key %s.key;\n",
                            cert, cert);
  if (port_index == MSA_INTEROP_NGINX_TLS_1_2)
    g_string_append (config, "    ssl_protocols TLSv1.2;\n");
  if (port_index == MSA_INTEROP_NGINX_WRONG_NAME || port_index == MSA_INTEROP_NGINX_EXPIRED)
    g_string_append (config, "    access_log access.log;\n");
  g_string_append (config, locations);
}

static GStrv
configure_nginx (MsaInteropServer *server,
                 gpointer pki)
{
  static const char *const certs[] = { NULL, "good", "good", "wrong-name", "expired" };
  const char *const args[] = { "-p", ".", "-c", "nginx.conf", "-e", "stderr", NULL };
  g_autoptr (GString) config = g_string_new (main_part);

  for (guint i = 0; i < G_N_ELEMENTS (certs); i++)
    append_listen (config, server, i, certs[i]);
  g_string_append (config, "}\n");
  msa_interop_server_write (server, "nginx.conf", config->str, config->len);

  msa_interop_server_write_good_cert (server, pki);
  write_bad_certs (server, pki);
  msa_interop_write_files (server, "files");
  msa_interop_server_write_sparse (server, "files/large", MSA_INTEROP_NGINX_LARGE_BYTES);
  msa_interop_server_make_folder (server, "dav");

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
