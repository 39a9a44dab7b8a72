import os

from hypothesis import settings

# A progress bar appears when training takes longer than a second. On a busy machine that would change what a notebook
# prints, so the kernels that the tests start show none.
os.environ["TQDM_DISABLE"] = "1"
os.environ.setdefault("JUPYTER_PLATFORM_DIRS", "1")

# Nor may a test fail because the machine was busy for a moment.
settings.register_profile("course", deadline=None)
settings.load_profile("course")
