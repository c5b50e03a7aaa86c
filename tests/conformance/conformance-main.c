/* conformance-main.c: msa-conformance, which tries the glue between a multi and a loop
 *
 *   msa-conformance [--check NAME]... [--limit SECONDS] [--verbose] GLUE.so
 *   msa-conformance --list
 *
 * Each check runs in a process of its own, which loads the glue: one that crashes or hangs costs
 * no more than its check. Results are in the Test Anything Protocol. See docs/conformance.md.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "conformance-trial.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEFAULT_LIMIT_S 10
/* Those that hang so often are given up. */
#define MAX_HANGS 2

enum
{
  EXIT_CONFORMS = 0,
  EXIT_BROKEN = 1,
  EXIT_USAGE = 2,
};

typedef struct
{
  GString *lines;    /* (owned): of the report, in TAP's form */
  gboolean is_broken;
  gboolean hangs;
  char    *skipped;  /* (owned) (nullable): why */
} Result;

static char **wanted;
static double limit_s = DEFAULT_LIMIT_S;
static gboolean list;
static gboolean verbose;
static char **paths;

static const GOptionEntry options[] = {
  { "check", 'c', 0, G_OPTION_ARG_STRING_ARRAY, &wanted, "Run this check only; may be repeated",
    "NAME" },
  { "limit", 0, 0, G_OPTION_ARG_DOUBLE, &limit_s,
    "How long a check waits for what should happen (10)", "SECONDS" },
  { "list", 'l', 0, G_OPTION_ARG_NONE, &list, "List the checks", NULL },
  { "verbose", 'v', 0, G_OPTION_ARG_NONE, &verbose, "Tell more of each check", NULL },
  { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &paths, NULL, "GLUE.so" },
  G_OPTION_ENTRY_NULL
};

static GPtrArray *
list_checks (void)
{
  static const Check *const tables[] = { result_checks, timer_checks, socket_checks, life_checks };
  GPtrArray *checks = g_ptr_array_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (tables); i++)
    for (const Check *check = tables[i]; check->name != NULL; check++)
      g_ptr_array_add (checks, (gpointer) check);

  return checks;
}

/* The glue */

static const MsaConformanceGlue *
load_glue (const char *path,
           char **error)
{
  /* Without a slash it would be looked for where libraries are. */
  g_autofree char *file = strchr (path, '/') == NULL ? g_build_filename (".", path, NULL)
                                                     : g_strdup (path);
  const MsaConformanceGlue *(*get_glue) (void);
  const MsaConformanceGlue *glue;
  void *module = dlopen (file, RTLD_NOW | RTLD_LOCAL);

  if (module == NULL)
    {
      *error = g_strdup_printf ("%s cannot be loaded: %s", path, dlerror ());
      return NULL;
    }
  *(void **) &get_glue = dlsym (module, "msa_conformance_get_glue");
  if (get_glue == NULL)
    {
      *error = g_strdup_printf ("%s does not export msa_conformance_get_glue()", path);
      return NULL;
    }
  glue = get_glue ();
  if (glue == NULL)
    *error = g_strdup_printf ("%s: msa_conformance_get_glue() gave NULL", path);
  else if (glue->version != MSA_CONFORMANCE_VERSION)
    *error = g_strdup_printf ("%s is made for version %u of the interface, this program for %d",
                              path, glue->version, MSA_CONFORMANCE_VERSION);
  else if (glue->attach == NULL || glue->run_until == NULL || glue->detach == NULL)
    *error = g_strdup_printf ("%s: attach, run_until or detach is missing", path);

  return *error == NULL ? glue : NULL;
}

/* In the process of a check. Without a check the glue is only loaded. */
static void
run_child (const char *path,
           const Check *check,
           int report_fd)
{
  Server *server = server_start ();
  const MsaConformanceGlue *glue;
  char *error = NULL;

  /* What the glue prints is no result. */
  dup2 (STDERR_FILENO, STDOUT_FILENO);
  if (server == NULL)
    error = g_strdup_printf ("The server of the checks does not start: %s", g_strerror (errno));
  glue = error == NULL ? load_glue (path, &error) : NULL;
  if (error != NULL)
    dprintf (report_fd, "load\t%s\n", error);
  else if (check != NULL)
    trial_perform (glue, check, (gint64) (limit_s * G_USEC_PER_SEC), server, report_fd);
  _exit (0);
}

/* The process of a check, from outside */

static void
add_line (Result *result,
          const char *format,
          ...) G_GNUC_PRINTF (2, 3);

static void
add_line (Result *result,
          const char *format,
          ...)
{
  va_list args;

  va_start (args, format);
  g_string_append_vprintf (result->lines, format, args);
  va_end (args);
}

static void
add_broken (Result *result,
            const char *clause,
            const char *expected,
            const char *seen)
{
  result->is_broken = TRUE;
  add_line (result, "# broken: %s\n# expected: %s\n# seen: %s\n", clause, expected, seen);
}

/* TRUE: it was the last. */
static gboolean
take_line (Result *result,
           char *line)
{
  g_auto (GStrv) parts = g_strsplit (line, "\t", 4);
  guint n = g_strv_length (parts);

  if (n == 4 && strcmp (parts[0], "broken") == 0)
    add_broken (result, parts[1], parts[2], parts[3]);
  else if (n == 2 && strcmp (parts[0], "skip") == 0 && result->skipped == NULL)
    result->skipped = g_strdup (parts[1]);
  else if (n == 2 && strcmp (parts[0], "note") == 0 && verbose)
    add_line (result, "# %s\n", parts[1]);

  return strcmp (parts[0], "end") == 0;
}

/* Reads until the process has closed its end: TRUE. FALSE: it gave no sign of life for too long. */
static gboolean
read_report (Result *result,
             int fd,
             gboolean *ended)
{
  g_autoptr (GString) text = g_string_new (NULL);
  struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
  int patience_ms = (int) (2 * limit_s * 1000);

  while (poll (&poll_fd, 1, patience_ms) > 0)
    {
      char bytes[4096];
      ssize_t n = read (fd, bytes, sizeof bytes);
      char *end;

      if (n <= 0)
        return TRUE;
      g_string_append_len (text, bytes, n);
      while ((end = strchr (text->str, '\n')) != NULL)
        {
          *end = '\0';
          *ended |= take_line (result, text->str);
          g_string_erase (text, 0, end + 1 - text->str);
        }
    }

  return FALSE;
}

static void
add_end (Result *result,
         const Check *check,
         int status)
{
  g_autofree char *seen = NULL;

  if (WIFSIGNALED (status))
    seen = g_strdup_printf ("It was ended by signal %d (%s).", WTERMSIG (status),
                            g_strsignal (WTERMSIG (status)));
  else
    seen = g_strdup_printf ("It ended the process, with status %d.", WEXITSTATUS (status));
  add_broken (result, check->clause, "The glue goes on to the end of the check.", seen);
}

static pid_t
start_child (const char *path,
             const Check *check,
             int *report_fd)
{
  int pipe_fds[2];
  pid_t pid;

  if (pipe2 (pipe_fds, O_CLOEXEC) < 0)
    return -1;
  fflush (stdout);
  pid = fork ();
  if (pid < 0)
    {
      close (pipe_fds[0]);
      close (pipe_fds[1]);
      return -1;
    }
  if (pid == 0)
    {
      close (pipe_fds[0]);
      run_child (path, check, pipe_fds[1]);
    }
  close (pipe_fds[1]);
  *report_fd = pipe_fds[0];

  return pid;
}

static void
run_check (const char *path,
           const Check *check,
           Result *result)
{
  gboolean ended = FALSE;
  int report_fd, status;
  pid_t pid = start_child (path, check, &report_fd);

  if (pid < 0)
    {
      add_broken (result, check->clause, "The check can be run.", g_strerror (errno));
      return;
    }
  result->hangs = !read_report (result, report_fd, &ended);
  if (result->hangs)
    {
      kill (pid, SIGKILL);
      add_broken (result, check->clause, "run_until() and detach() return.",
                  "One of them did not; the check was ended.");
    }
  close (report_fd);
  waitpid (pid, &status, 0);
  if (!ended && !result->hangs)
    add_end (result, check, status);
}

/* NULL: it can be loaded. */
static char *
try_to_load (const char *path)
{
  g_autoptr (GString) text = g_string_new (NULL);
  char bytes[4096];
  int report_fd, status;
  pid_t pid = start_child (path, NULL, &report_fd);
  ssize_t n;

  if (pid < 0)
    return g_strdup_printf ("No process can be started: %s", g_strerror (errno));
  while ((n = read (report_fd, bytes, sizeof bytes)) > 0)
    g_string_append_len (text, bytes, n);
  close (report_fd);
  waitpid (pid, &status, 0);
  if (g_str_has_prefix (text->str, "load\t"))
    return g_strndup (text->str + strlen ("load\t"), text->len - strlen ("load\t\n"));
  if (!WIFEXITED (status) || WEXITSTATUS (status) != 0)
    return g_strdup_printf ("%s ended the process when it was loaded", path);

  return NULL;
}

/* The report */

static void
print_result (guint number,
              const Check *check,
              const Result *result)
{
  g_print ("%s %u %s (%s)", result->is_broken ? "not ok" : "ok", number, check->name,
           check->clause);
  if (result->skipped != NULL && !result->is_broken)
    g_print (" # SKIP %s", result->skipped);
  g_print ("\n%s", result->lines->str);
}

static gboolean
run_checks (const char *path,
            GPtrArray *checks)
{
  gboolean conforms = TRUE;
  guint n_hangs = 0;

  g_print ("TAP version 13\n1..%u\n", checks->len);
  for (guint i = 0; i < checks->len; i++)
    {
      const Check *check = g_ptr_array_index (checks, i);
      Result result = { .lines = g_string_new (NULL) };

      if (n_hangs < MAX_HANGS)
        run_check (path, check, &result);
      else
        add_broken (&result, check->clause, "The check can be run.",
                    "It was not run, since the glue hangs.");
      print_result (i + 1, check, &result);
      conforms &= !result.is_broken;
      n_hangs += result.hangs;
      g_string_free (result.lines, TRUE);
      g_free (result.skipped);
    }

  return conforms;
}

/* NULL, and a message: there is no such check. */
static GPtrArray *
choose_checks (void)
{
  g_autoptr (GPtrArray) all = list_checks ();
  GPtrArray *chosen;

  if (wanted == NULL)
    return g_steal_pointer (&all);

  chosen = g_ptr_array_new ();
  for (char **name = wanted; *name != NULL; name++)
    {
      guint old = chosen->len;

      for (guint i = 0; i < all->len; i++)
        if (strcmp (((const Check *) g_ptr_array_index (all, i))->name, *name) == 0)
          g_ptr_array_add (chosen, g_ptr_array_index (all, i));
      if (chosen->len > old)
        continue;
      g_printerr ("msa-conformance: there is no check %s; see --list\n", *name);
      g_ptr_array_unref (chosen);
      return NULL;
    }

  return chosen;
}

static void
print_list (GPtrArray *checks)
{
  for (guint i = 0; i < checks->len; i++)
    {
      const Check *check = g_ptr_array_index (checks, i);

      g_print ("%-16s %-4s %s\n", check->name, check->clause, check->expected);
    }
}

/* Two hundred connections, and those of the server. */
static void
raise_file_limit (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) == 0)
    {
      limit.rlim_cur = limit.rlim_max;
      setrlimit (RLIMIT_NOFILE, &limit);
    }
}

int
main (int argc,
      char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) checks = NULL;
  g_autofree char *problem = NULL;

  setlocale (LC_ALL, "");
  g_option_context_set_summary (context, "Tries the glue between a multi of libmsa and a loop.");
  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    problem = g_strdup (error->message);
  else if (!list && (paths == NULL || paths[1] != NULL))
    problem = g_strdup ("One shared object is needed");
  else if (!(limit_s > 0 && limit_s <= 3600))
    problem = g_strdup ("The limit has to be above 0, and 3600 at most");
  if (problem != NULL)
    {
      g_autofree char *help = g_option_context_get_help (context, TRUE, NULL);

      g_printerr ("msa-conformance: %s\n%s", problem, help);
      return EXIT_USAGE;
    }

  checks = choose_checks ();
  if (checks == NULL)
    return EXIT_USAGE;
  if (list)
    {
      print_list (checks);
      return EXIT_CONFORMS;
    }

  raise_file_limit ();
  problem = try_to_load (paths[0]);
  if (problem != NULL)
    {
      g_printerr ("msa-conformance: %s\n", problem);
      return EXIT_USAGE;
    }

  return run_checks (paths[0], checks) ? EXIT_CONFORMS : EXIT_BROKEN;
}
