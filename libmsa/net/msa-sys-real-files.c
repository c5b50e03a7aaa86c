/* msa-sys-real-files.c: files that are written so that a failure leaves no trace
 *
 * Part of the real system. A file that exists is written beside itself and takes its name when
 * the stream is closed. GIO, left to itself, writes over symbolic and hard links and what it cannot
 * give the old owner: then the old contents are gone before the new ones are there.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "net/msa-sys-real-private.h"

#include <gio/gfiledescriptorbased.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define REPLACE_FLAGS (G_FILE_CREATE_PRIVATE | G_FILE_CREATE_REPLACE_DESTINATION)
#define OLD_ATTRIBUTES "unix::mode,unix::uid,unix::gid"

/* The file itself, where @file is a link to one. */
static GFile *
follow_links (GFile *file)
{
  const char *path = g_file_peek_path (file);
  char *real = path == NULL ? NULL : realpath (path, NULL);
  GFile *followed = real == NULL ? g_object_ref (file) : g_file_new_for_path (real);

  /* It is libc's. */
  free (real);

  return followed;
}

/* As far as we may. The owner first: changing it may take mode bits away. */
static void
take_over (GOutputStream *stream,
           GFileInfo *old)
{
  guint32 mode = g_file_info_get_attribute_uint32 (old, G_FILE_ATTRIBUTE_UNIX_MODE);
  guint32 uid = g_file_info_get_attribute_uint32 (old, G_FILE_ATTRIBUTE_UNIX_UID);
  guint32 gid = g_file_info_get_attribute_uint32 (old, G_FILE_ATTRIBUTE_UNIX_GID);
  int fd;

  if (!G_IS_FILE_DESCRIPTOR_BASED (stream))
    return;
  fd = g_file_descriptor_based_get_fd (G_FILE_DESCRIPTOR_BASED (stream));
  /* Bits for a group are for the old one: where it cannot be had, the file stays our own. */
  if (fchown (fd, uid, gid) != 0 && fchown (fd, (uid_t) -1, gid) != 0)
    mode &= 0700;
  fchmod (fd, mode & 0777);
}

GOutputStream *
msa_sys_real_open_output (MsaSys *sys,
                          GFile *file,
                          gboolean *existed,
                          GCancellable *cancellable,
                          GError **error)
{
  g_autoptr (GFileInfo) old =
      g_file_query_info (file, OLD_ATTRIBUTES, G_FILE_QUERY_INFO_NONE, cancellable, NULL);
  g_autoptr (GFile) target = NULL;
  GFileOutputStream *stream;

  *existed = old != NULL;
  if (old == NULL)
    return G_OUTPUT_STREAM (
        g_file_replace (file, NULL, FALSE, G_FILE_CREATE_NONE, cancellable, error));

  target = follow_links (file);
  stream = g_file_replace (target, NULL, FALSE, REPLACE_FLAGS, cancellable, error);
  if (stream == NULL)
    return NULL;
  if (g_file_info_has_attribute (old, G_FILE_ATTRIBUTE_UNIX_MODE))
    take_over (G_OUTPUT_STREAM (stream), old);

  return G_OUTPUT_STREAM (stream);
}

void
msa_sys_real_discard_output (MsaSys *sys,
                             GOutputStream *stream,
                             GFile *file,
                             gboolean existed)
{
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();

  g_cancellable_cancel (cancelled);
  g_output_stream_close (stream, cancelled, NULL);
  if (!existed)
    g_file_delete (file, NULL, NULL);
}
