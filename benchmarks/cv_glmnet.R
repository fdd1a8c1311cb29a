# Times cv.glmnet: answers every threshold on standard input by the seconds taken, then
# writes the curve.
#
#   Rscript cv_glmnet.R FOLDER FAMILY
#
# FOLDER holds what glmnet.R reads, and `fold`, the number of each row's fold as doubles.
# Every line `thresh` is answered by the seconds; FOLDER/curve has the mean losses.

suppressPackageStartupMessages({library(Matrix); library(glmnet)})
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
family <- arguments[2]
meta <- scan(file.path(folder, "meta.csv"), sep = ",", quiet = TRUE)
n <- meta[1]; p <- meta[2]; nonzero <- meta[3]
numbers <- function(name, size) readBin(file.path(folder, name), "double", size)
integers <- function(name, size) readBin(file.path(folder, name), "integer", size)

if (nonzero > 0) {
  X <- sparseMatrix(i = integers("i", nonzero), p = integers("p", p + 1),
                    x = numbers("x", nonzero), dims = c(n, p), index1 = FALSE)
} else {
  X <- matrix(numbers("X", n * p), n, p)
}
y <- numbers("y", n)
lambda <- numbers("lambda", meta[4])
foldid <- as.integer(numbers("fold", n)) + 1
glmnet.control(fdev = 0, devmax = 1)
measure <- if (family == "gaussian") "mse" else "deviance"

now <- if (Sys.getenv("BENCHMARK_CLOCK") == "process_time") {
  function() sum(proc.time()[c("user.self", "sys.self")])
} else {
  function() as.numeric(Sys.time())
}

requests <- file("stdin", "r")
while (length(line <- readLines(requests, 1)) > 0) {
  invisible(gc(full = FALSE))
  start <- now()
  model <- suppressWarnings(
    cv.glmnet(X, y, family = family, lambda = lambda, foldid = foldid, maxit = 1e6,
              thresh = as.numeric(line), standardize = FALSE, type.measure = measure))
  seconds <- now() - start
  writeBin(as.double(model$cvm), file.path(folder, "curve"))
  cat(sprintf("%.9f\n", seconds))
  flush(stdout())
}
