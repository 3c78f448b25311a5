<?php // What PHP would run.
