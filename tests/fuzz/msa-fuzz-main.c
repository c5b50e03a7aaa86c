/* msa-fuzz-main.c: runs a fuzz target without libFuzzer
 *
 *   fuzz-TARGET [--mutate N SEED] file-or-folder...
 *
 * Each file is one input. With --mutate, N more are made of them: bits flipped, pieces
 * cut out, repeated and joined, or as the target itself does it; the same seed makes the same
 * ones. Prints TAP. When a run fails, the input is printed so that it can be made a file of the
 * corpus.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "fuzz/msa-fuzz-plan.h"
#include "fuzz/msa-fuzz.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_INPUT_BYTES (16 * 1024)
#define MAX_CHANGES 6

/* Of the sanitizers, where they are built in. */
extern void __sanitizer_set_death_callback (void (*callback) (void)) __attribute__ ((weak));
/* Of targets that have a grammar. */
#pragma weak LLVMFuzzerCustomMutator

static GPtrArray *inputs; /* (element-type GByteArray) */
static GRand *mutations;  /* (owned) (nullable) */
static const guint8 *running;
static gsize running_len;

/* Reading */

static int
compare_names (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
read_file (const char *path)
{
  g_autoptr (GError) error = NULL;
  gchar *contents;
  gsize len;

  if (!g_file_get_contents (path, &contents, &len, &error))
    {
      g_print ("Bail out! %s\n", error->message);
      exit (1);
    }
  g_ptr_array_add (inputs, g_byte_array_new_take ((guint8 *) contents, len));
}

static void
read_path (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  if (folder == NULL)
    {
      read_file (path);
      return;
    }

  while ((name = g_dir_read_name (folder)) != NULL)
    g_ptr_array_add (names, g_build_filename (path, name, NULL));
  /* The order of a folder is not the same everywhere. */
  g_ptr_array_sort (names, compare_names);
  for (guint i = 0; i < names->len; i++)
    read_path (names->pdata[i]);
}

/* Failing */

static void
print_input (void)
{
  static const char digits[] = "0123456789abcdef";
  GString *text = g_string_new ("# the input, for printf: '");

  for (gsize i = 0; i < running_len; i++)
    {
      guint8 byte = running[i];

      if (g_ascii_isprint (byte) && strchr ("'\\%", byte) == NULL)
        g_string_append_c (text, (char) byte);
      else
        g_string_append_printf (text, "\\x%c%c", digits[byte >> 4], digits[byte & 15]);
    }
  g_string_append (text, "'\n");
  if (write (STDERR_FILENO, text->str, text->len) < 0)
    return;
}

static void
abort_cb (int signal_number)
{
  print_input ();
  signal (SIGABRT, SIG_DFL);
  abort ();
}

static void
run (const guint8 *bytes,
     gsize len)
{
  /* Just as long as it is, so that a read past its end is seen. */
  guint8 *copy = g_memdup2 (bytes, len);

  running = copy;
  running_len = len;
  LLVMFuzzerTestOneInput (copy, len);
  running = NULL;
  running_len = 0;
  g_free (copy);
}

/* Changing */

static GByteArray *
choose_input (GRand *random)
{
  return g_ptr_array_index (inputs, g_rand_int_range (random, 0, (gint32) inputs->len));
}

/* A piece of @input, often short. */
static GByteArray *
choose_piece (GRand *random,
              const GByteArray *input,
              guint *at)
{
  GByteArray *piece = g_byte_array_new ();
  guint len;

  *at = (guint) g_rand_int_range (random, 0, (gint32) input->len + 1);
  len = (guint) g_rand_int_range (random, 0, (gint32) (input->len - *at) + 1);
  if (g_rand_boolean (random))
    len %= 8;
  if (len > 0)
    g_byte_array_append (piece, &input->data[*at], len);

  return piece;
}

static void
insert (GByteArray *input,
        guint at,
        const GByteArray *piece)
{
  guint tail = input->len - at;

  if (piece->len == 0 || input->len + piece->len > MAX_INPUT_BYTES)
    return;
  g_byte_array_set_size (input, input->len + piece->len);
  memmove (&input->data[at + piece->len], &input->data[at], tail);
  memcpy (&input->data[at], piece->data, piece->len);
}

static void
change_byte (GRand *random,
             GByteArray *input)
{
  static const guint8 bytes[] = "\r\n\0\xff :;,0123456789abcxAZ%/[]{}-+=\t\x7f\x80";
  guint at;

  if (input->len == 0)
    return;
  at = (guint) g_rand_int_range (random, 0, (gint32) input->len);
  if (g_rand_boolean (random))
    input->data[at] ^= (guint8) (1 << g_rand_int_range (random, 0, 8));
  else
    input->data[at] = bytes[g_rand_int_range (random, 0, sizeof (bytes))];
}

static void
change (GRand *random,
        GByteArray *input)
{
  g_autoptr (GByteArray) piece = NULL;
  guint at;

  switch (g_rand_int_range (random, 0, 5))
    {
    case 0: /* a piece goes */
      piece = choose_piece (random, input, &at);
      g_byte_array_remove_range (input, at, piece->len);
      break;
    case 1: /* a piece comes again */
      piece = choose_piece (random, input, &at);
      for (gint32 n = g_rand_int_range (random, 1, 4); n > 0; n--)
        insert (input, at, piece);
      break;
    case 2: /* a piece of another one comes in */
      piece = choose_piece (random, choose_input (random), &at);
      insert (input, (guint) g_rand_int_range (random, 0, (gint32) input->len + 1), piece);
      break;
    default:
      change_byte (random, input);
      break;
    }
}

size_t
LLVMFuzzerMutate (guint8 *data,
                  size_t size,
                  size_t max_size)
{
  g_autoptr (GByteArray) input = g_byte_array_new ();

  if (size > 0)
    g_byte_array_append (input, data, (guint) size);
  change (mutations, input);
  size = MIN (input->len, max_size);
  if (size > 0)
    memcpy (data, input->data, size);

  return size;
}

/* As the target does it, if it does. */
static void
change_once (GByteArray *input)
{
  guint len = input->len;

  if (LLVMFuzzerCustomMutator == NULL)
    {
      change (mutations, input);
      return;
    }

  g_byte_array_set_size (input, MAX_INPUT_BYTES);
  len = (guint) LLVMFuzzerCustomMutator (input->data, len, input->len, g_rand_int (mutations));
  g_byte_array_set_size (input, len);
}

static void
run_mutation (void)
{
  const GByteArray *base = choose_input (mutations);
  g_autoptr (GByteArray) input = g_byte_array_new ();

  if (base->len > 0)
    g_byte_array_append (input, base->data, base->len);
  for (gint32 n = g_rand_int_range (mutations, 1, MAX_CHANGES + 1); n > 0; n--)
    change_once (input);
  run (input->data, input->len);
}

static void
result (const char *name,
        const char *what)
{
  static guint n_results;

  g_print ("ok %u /msa/fuzz/%s/%s\n", ++n_results, name, what);
}

int
main (int argc,
      char **argv)
{
  g_autofree char *program = g_path_get_basename (argv[0]);
  const char *name = g_str_has_prefix (program, "fuzz-") ? &program[strlen ("fuzz-")] : program;
  guint64 n_mutations = 0;
  guint32 seed = 0;

  LLVMFuzzerInitialize (&argc, &argv);
  signal (SIGABRT, abort_cb);
  if (__sanitizer_set_death_callback != NULL)
    __sanitizer_set_death_callback (print_input);

  inputs = g_ptr_array_new_with_free_func ((GDestroyNotify) g_byte_array_unref);
  for (int i = 1; i < argc; i++)
    {
      if (g_str_equal (argv[i], "--mutate") && i + 2 < argc)
        {
          n_mutations = g_ascii_strtoull (argv[++i], NULL, 10);
          seed = (guint32) g_ascii_strtoull (argv[++i], NULL, 10);
        }
      else
        read_path (argv[i]);
    }

  g_print ("1..%d\n", n_mutations > 0 ? 2 : 1);
  if (inputs->len == 0)
    {
      g_print ("Bail out! No input was given\n");
      return 1;
    }
  for (guint i = 0; i < inputs->len; i++)
    {
      const GByteArray *input = g_ptr_array_index (inputs, i);

      run (input->data, input->len);
    }
  run (NULL, 0);
  result (name, "corpus");

  if (n_mutations > 0)
    {
      mutations = g_rand_new_with_seed (seed);
      for (guint64 i = 0; i < n_mutations; i++)
        run_mutation ();
      g_rand_free (mutations);
      result (name, "mutations");
    }
  g_ptr_array_unref (inputs);

  return 0;
}
