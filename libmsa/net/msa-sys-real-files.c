/* msa-sys-real-files.c: files that are written so that a failure leaves no trace
 *
 * Part of the real system. A file is written beside its place and takes its name when it is
 * complete. GIO, left to itself, writes over symbolic and hard links and what it cannot
 * give the old owner: then the old contents are gone before the new ones are there. And it writes
 * a file that is new under its own name, which half a file has when the program ends.
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

/* Data of a stream: the GFile that it writes, if that is not the one that was asked for. */
#define BESIDE "msa-beside"
#define MAX_TRIES 100

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

static gboolean
is_free (GFile *file,
         GCancellable *cancellable)
{
  g_autoptr (GFileInfo) info = NULL;

  /* Elsewhere a name that is not the user's may not do. */
  if (g_file_peek_path (file) == NULL)
    return FALSE;

  info = g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_TYPE,
                            G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, cancellable, NULL);
  return info == NULL;
}

/* NULL: it cannot be. GIO says why when it is asked for the file itself. */
static GOutputStream *
create_beside (GFile *file,
               GCancellable *cancellable)
{
  g_autoptr (GFile) folder = g_file_get_parent (file);
  GFileOutputStream *stream = NULL;

  for (guint i = 0; i < MAX_TRIES && folder != NULL && stream == NULL; i++)
    {
      g_autofree char *name = g_strdup_printf (".msa-%08x", g_random_int ());
      g_autoptr (GFile) beside = g_file_get_child (folder, name);
      g_autoptr (GError) error = NULL;

      stream = g_file_create (beside, G_FILE_CREATE_NONE, cancellable, &error);
      if (stream != NULL)
        g_object_set_data_full (G_OBJECT (stream), BESIDE, g_steal_pointer (&beside),
                                g_object_unref);
      else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_EXISTS))
        break;
    }

  return (GOutputStream *) stream;
}

static GOutputStream *
open_new (GFile *file,
          GCancellable *cancellable,
          GError **error)
{
  GOutputStream *stream = is_free (file, cancellable) ? create_beside (file, cancellable) : NULL;

  if (stream != NULL)
    return stream;

  return (GOutputStream *) g_file_replace (file, NULL, FALSE, G_FILE_CREATE_NONE, cancellable,
                                           error);
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
    return open_new (file, cancellable, error);

  target = follow_links (file);
  stream = g_file_replace (target, NULL, FALSE, REPLACE_FLAGS, cancellable, error);
  if (stream == NULL)
    return NULL;
  if (g_file_info_has_attribute (old, G_FILE_ATTRIBUTE_UNIX_MODE))
    take_over (G_OUTPUT_STREAM (stream), old);

  return G_OUTPUT_STREAM (stream);
}

gboolean
msa_sys_real_finish_output (MsaSys *sys,
                            GOutputStream *stream,
                            GFile *file,
                            GCancellable *cancellable,
                            GError **error)
{
  GFile *beside = g_object_get_data (G_OBJECT (stream), BESIDE);

  if (!g_output_stream_close (stream, cancellable, error))
    return FALSE;

  return beside == NULL ||
         g_file_move (beside, file, G_FILE_COPY_OVERWRITE | G_FILE_COPY_NO_FALLBACK_FOR_MOVE,
                      cancellable, NULL, NULL, error);
}

void
msa_sys_real_discard_output (MsaSys *sys,
                             GOutputStream *stream,
                             GFile *file,
                             gboolean existed)
{
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();
  GFile *beside = g_object_get_data (G_OBJECT (stream), BESIDE);

  g_cancellable_cancel (cancelled);
  g_output_stream_close (stream, cancelled, NULL);
  if (beside != NULL)
    g_file_delete (beside, NULL, NULL);
  else if (!existed)
    g_file_delete (file, NULL, NULL);
}
