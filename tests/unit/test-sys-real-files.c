/* test-sys-real-files.c: files that are put in place of others, where the system does not help
 *
 * A file of GIO's that is not local, names that are taken, an owner that cannot be had, and a
 * move that fails. What chance decides is replaced in this program.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "net/msa-sys-real-private.h"
#include "sim/msa-test-rows.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define TAKEN ".msa-00000007"

static guint n_random; /* calls of g_random_int() */
static guint n_taken; /* the first ones give the same number */
static guint n_chown_fails;

guint32
g_random_int (void)
{
  return n_random++ < n_taken ? 7 : 1000 + n_random;
}

int
fchown (int fd,
        uid_t uid,
        gid_t gid)
{
  if (n_chown_fails > 0)
    {
      n_chown_fails--;
      errno = EPERM;
      return -1;
    }
  return 0;
}

/* --- a file that is somewhere else --- */

typedef struct
{
  GFileOutputStream parent_instance;
  gboolean close_fails;
} FarStream;

typedef GFileOutputStreamClass FarStreamClass;

GType far_stream_get_type (void);

G_DEFINE_TYPE (FarStream, far_stream, G_TYPE_FILE_OUTPUT_STREAM)

static gboolean
far_stream_close (GOutputStream *stream,
                  GCancellable *cancellable,
                  GError **error)
{
  if (!((FarStream *) stream)->close_fails)
    return TRUE;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "It is full");
  return FALSE;
}

static void
far_stream_class_init (FarStreamClass *klass)
{
  G_OUTPUT_STREAM_CLASS (klass)->close_fn = far_stream_close;
}

static void
far_stream_init (FarStream *self)
{
}

typedef struct
{
  GObject parent_instance;
  gboolean exists;
  gboolean has_mode;
  gboolean close_fails;
  guint n_deleted;
} FarFile;

typedef GObjectClass FarFileClass;

GType far_file_get_type (void);
static void far_file_iface_init (GFileIface *iface);

G_DEFINE_TYPE_WITH_CODE (FarFile,
                         far_file,
                         G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (G_TYPE_FILE, far_file_iface_init))

static void
far_file_class_init (FarFileClass *klass)
{
}

static void
far_file_init (FarFile *self)
{
}

static GFile *
far_file_dup (GFile *file)
{
  return g_object_ref (file);
}

static char *
far_file_get_path (GFile *file)
{
  return NULL;
}

static GFileInfo *
far_file_query_info (GFile *file,
                     const char *attributes,
                     GFileQueryInfoFlags flags,
                     GCancellable *cancellable,
                     GError **error)
{
  FarFile *self = (FarFile *) file;
  GFileInfo *info;

  if (!self->exists)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "There is none");
      return NULL;
    }
  info = g_file_info_new ();
  if (self->has_mode)
    g_file_info_set_attribute_uint32 (info, G_FILE_ATTRIBUTE_UNIX_MODE, 0600);
  return info;
}

static GFileOutputStream *
far_file_replace (GFile *file,
                  const char *etag,
                  gboolean make_backup,
                  GFileCreateFlags flags,
                  GCancellable *cancellable,
                  GError **error)
{
  FarStream *stream = g_object_new (far_stream_get_type (), NULL);

  stream->close_fails = ((FarFile *) file)->close_fails;
  return G_FILE_OUTPUT_STREAM (stream);
}

static gboolean
far_file_delete (GFile *file,
                 GCancellable *cancellable,
                 GError **error)
{
  ((FarFile *) file)->n_deleted++;
  return TRUE;
}

static void
far_file_iface_init (GFileIface *iface)
{
  iface->dup = far_file_dup;
  iface->get_path = far_file_get_path;
  iface->query_info = far_file_query_info;
  iface->replace = far_file_replace;
  iface->delete_file = far_file_delete;
}

static FarFile *
far_file_new (gboolean exists)
{
  FarFile *self = g_object_new (far_file_get_type (), NULL);

  self->exists = exists;
  return self;
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FarFile, g_object_unref)

static GOutputStream *
open_file (GFile *file,
           gboolean *existed)
{
  g_autoptr (GError) error = NULL;
  GOutputStream *stream = msa_sys_real_open_output (NULL, file, existed, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (stream);
  return stream;
}

/* GIO itself has to do what can be done there. */
static void
test_far (gconstpointer data)
{
  gboolean exists = GPOINTER_TO_INT (data);
  gboolean has_mode;

  for (has_mode = FALSE; has_mode <= TRUE; has_mode++)
    {
      g_autoptr (FarFile) file = far_file_new (exists);
      g_autoptr (GOutputStream) stream = NULL;
      g_autoptr (GError) error = NULL;
      gboolean existed;

      file->has_mode = has_mode;
      stream = open_file (G_FILE (file), &existed);
      g_assert_cmpint (existed, ==, exists);
      g_assert_true (msa_sys_real_finish_output (NULL, stream, G_FILE (file), NULL, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (file->n_deleted, ==, 0);
    }
}

/* What was there before stays, what was begun goes. */
static void
test_far_is_discarded (gconstpointer data)
{
  gboolean exists = GPOINTER_TO_INT (data);
  g_autoptr (FarFile) file = far_file_new (exists);
  g_autoptr (GOutputStream) stream = NULL;
  gboolean existed;

  stream = open_file (G_FILE (file), &existed);
  msa_sys_real_discard_output (NULL, stream, G_FILE (file), existed);
  g_assert_cmpuint (file->n_deleted, ==, exists ? 0 : 1);
}

static void
test_close_fails (void)
{
  g_autoptr (FarFile) file = far_file_new (FALSE);
  g_autoptr (GOutputStream) stream = NULL;
  g_autoptr (GError) error = NULL;
  gboolean existed;

  file->close_fails = TRUE;
  stream = open_file (G_FILE (file), &existed);
  g_assert_false (msa_sys_real_finish_output (NULL, stream, G_FILE (file), NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
}

/* --- local files --- */

typedef struct
{
  char *folder;
  char *path;
  char *taken;
  GFile *file;
} Place;

static void
place_init (Place *self)
{
  self->folder = g_dir_make_tmp ("msa-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "out", NULL);
  self->taken = g_build_filename (self->folder, TAKEN, NULL);
  self->file = g_file_new_for_path (self->path);
  n_random = n_taken = 0;
}

/* Nothing else may be there. */
static void
place_clear (Place *self)
{
  g_remove (self->path);
  g_remove (self->taken);
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->folder);
  g_free (self->path);
  g_free (self->taken);
  g_object_unref (self->file);
}

/* A name that is taken is left alone: for a while others are tried, and then the file's own. */
static void
test_name_is_taken (gconstpointer data)
{
  g_autoptr (GOutputStream) stream = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *kept = NULL;
  gboolean existed;
  Place place;

  place_init (&place);
  g_assert_true (g_file_set_contents (place.taken, "kept", -1, NULL));
  n_taken = GPOINTER_TO_UINT (data);
  n_random = 0;
  stream = open_file (place.file, &existed);
  g_assert_false (existed);
  g_assert_cmpuint (n_random, ==, MIN (n_taken + 1, 100));
  g_assert_cmpint (g_file_test (place.path, G_FILE_TEST_EXISTS), ==, n_taken >= 100);
  g_assert_true (g_output_stream_write_all (stream, "new", 3, NULL, NULL, &error));
  g_assert_true (msa_sys_real_finish_output (NULL, stream, place.file, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (place.taken, &kept, NULL, NULL));
  g_assert_cmpstr (kept, ==, "kept");
  g_clear_pointer (&kept, g_free);
  g_assert_true (g_file_get_contents (place.path, &kept, NULL, NULL));
  g_assert_cmpstr (kept, ==, "new");
  place_clear (&place);
}

static void
test_move_fails (void)
{
  g_autoptr (GOutputStream) stream = NULL;
  g_autoptr (GError) error = NULL;
  gboolean existed;
  Place place;

  place_init (&place);
  stream = open_file (place.file, &existed);
  g_assert_cmpint (g_mkdir (place.path, 0700), ==, 0);
  g_assert_false (msa_sys_real_finish_output (NULL, stream, place.file, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY);
  msa_sys_real_discard_output (NULL, stream, place.file, existed);
  place_clear (&place);
}

static const struct
{
  const char *name;
  guint n_fails;
  mode_t mode;
} owners[] = {
  { "all", 0, 0640 },
  { "group-only", 1, 0640 },
  { "none", 2, 0600 },
};

/* The bits of a group are for that group alone. */
static void
test_owner (gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);
  g_autoptr (GOutputStream) stream = NULL;
  g_autoptr (GError) error = NULL;
  struct stat status;
  gboolean existed;
  Place place;

  place_init (&place);
  g_assert_true (g_file_set_contents (place.path, "old", -1, NULL));
  g_assert_cmpint (g_chmod (place.path, 0640), ==, 0);
  n_chown_fails = owners[row].n_fails;
  stream = open_file (place.file, &existed);
  g_assert_true (existed);
  g_assert_cmpuint (n_chown_fails, ==, 0);
  g_assert_true (msa_sys_real_finish_output (NULL, stream, place.file, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (stat (place.path, &status), ==, 0);
  g_assert_cmpuint (status.st_mode & 0777, ==, owners[row].mode);
  place_clear (&place);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/msa/sys-real-files/far/new", GINT_TO_POINTER (FALSE), test_far);
  g_test_add_data_func ("/msa/sys-real-files/far/old", GINT_TO_POINTER (TRUE), test_far);
  g_test_add_data_func ("/msa/sys-real-files/far/new-is-discarded", GINT_TO_POINTER (FALSE),
                        test_far_is_discarded);
  g_test_add_data_func ("/msa/sys-real-files/far/old-is-left", GINT_TO_POINTER (TRUE),
                        test_far_is_discarded);
  g_test_add_func ("/msa/sys-real-files/close-fails", test_close_fails);
  g_test_add_data_func ("/msa/sys-real-files/name-is-taken/twice", GUINT_TO_POINTER (2),
                        test_name_is_taken);
  g_test_add_data_func ("/msa/sys-real-files/name-is-taken/always", GUINT_TO_POINTER (100),
                        test_name_is_taken);
  g_test_add_func ("/msa/sys-real-files/move-fails", test_move_fails);
  MSA_TEST_ADD_NUMBERED ("/msa/sys-real-files/owner", owners, test_owner);
  return g_test_run ();
}
